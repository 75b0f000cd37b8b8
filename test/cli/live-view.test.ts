import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sandbox } from "../support/temporary.ts";

const base = sandbox();
const items = Array.from({ length: 200 }, (_, at) => at).join(", ");
const template = `operation: { name: x, type: maintain, description: d }
steps:
  - { type: command, name: say, command: "printf 'one\\\\033[2Jtwo\\\\n'; sleep 0.3" }
  - type: foreach
    name: each
    items: [${items}]
    as: number
    steps: [{ type: set, name: note, values: { noted: number } }]
  - { type: command, name: break it, command: "exit 3" }
`;

/** What the program wrote to a terminal of its own. */
async function onTerminal(columns: number, rows: number): Promise<{ code: number; written: string }> {
  const root = mkdtempSync(join(base, "box-"));
  mkdirSync(join(root, "operations"));
  writeFileSync(join(root, "operations/x.yml"), template);
  let written = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([process.execPath, resolve(import.meta.dir, "../../src/main.ts"), "run", "x"], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: root, GARZA_HOME: join(root, "data"), LANG: "C.UTF-8", TERM: "xterm" },
    terminal: {
      cols: columns,
      rows,
      data: (_, bytes) => {
        written += decoder.decode(bytes, { stream: true });
      },
    },
  });
  const code = await child.exited;
  child.terminal?.close();
  return { code, written };
}

test("on a terminal only what runs is redrawn, a loop leaves one line, the cursor stays, and the end stands last", async () => {
  const { code, written } = await onTerminal(60, 16);
  expect(code).toBe(1);
  expect(written).not.toContain("\u001b[?25l");
  expect(written).not.toContain("\u001b[2J");
  expect(written).toContain("│ onetwo");
  const text = Bun.stripANSI(written)
    .replace(/op_\w+/g, "ID")
    .replace(/\d+(\.\d)? m?s\b/g, "T");
  expect(text).toContain("\r\n✓ say  T\r\n");
  expect(text).toContain("\r\n✓ each  T  200 steps done\r\n");
  expect(text.slice(text.lastIndexOf("✗")).split("\r\n")).toEqual([
    "✗ x failed in step break it after T",
    "  step break it failed: exit code 3",
    "  details:  garza status ID",
    "  output:   garza logs ID --step 'break it'",
    "",
  ]);
});
