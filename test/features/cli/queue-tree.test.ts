import { expect, test } from "bun:test";
import { sandbox } from "../../support/sandbox.ts";

const files = {
  "operations/child.yml": `operation: { name: child, type: maintain, description: A child }
steps:
  - { type: command, name: flaky, command: "test -e ../once || { touch ../once; exit 1; }", retries: 1, retry_delay: 1ms }
`,
  "operations/whole.yml": `operation: { name: whole, type: maintain, description: Everything }
steps:
  - { type: set, name: note, values: { a: 1 } }
  - type: conditional
    name: decide
    condition: a == 2
    steps: [{ type: command, name: never, command: echo no }]
    else: [{ type: command, name: other, command: echo yes }]
  - type: foreach
    name: each
    items: [1, 2]
    as: number
    steps:
      - { type: command, name: one, command: "echo \${number}" }
      - { type: command, name: odd, when: number == 1, command: echo odd }
  - type: parallel
    name: both
    branches:
      left: [{ type: command, name: look, command: echo l }]
      right: [{ type: command, name: see, command: echo r }]
  - { type: load_operation, name: within, template: child }
  - { type: command, name: break, command: exit 3 }
rollback: { on_failure: [{ type: command, name: mend, command: echo m }] }
`,
};

test("an operation is shown as a tree of its steps, loops, branches, attempts and nested operations", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "whole");
  const [{ id }] = JSON.parse((await box.garza("history", "--json")).stdout);
  const { stdout, exitCode } = await box.garza("queue", "show", id, "--tree");
  expect(exitCode).toBe(0);
  expect(
    stdout.replace(/op_\w+/g, "ID").replace(/\d+(\.\d)? m?s\b/g, "T"),
  ).toBe(`whole  ID  failed  T  step break failed: exit code 3
├─ ✓ note  T
├─ ✓ decide  T
│  └─ ✓ else other  T
├─ ✓ each  T
│  ├─ [0]
│  │  ├─ ✓ one  T
│  │  └─ ✓ odd  T
│  └─ [1]
│     ├─ ✓ one  T
│     └─ – odd  skipped: its condition is false
├─ ✓ both  T
│  ├─ ✓ left look  T
│  └─ ✓ right see  T
├─ ✓ within  T
│  └─ child  ID  success  T
│     └─ ✓ flaky  T  2 attempts
├─ ✗ break  T  exit code 3
└─ ✓ rollback mend  T
`);
});

test("without a UTF-8 locale the tree is ASCII", async () => {
  await using box = await sandbox({ files, env: { LANG: "C" } });
  await box.garza("run", "child");
  const [{ id }] = JSON.parse((await box.garza("history", "--json")).stdout);
  const { stdout } = await box.garza("queue", "show", id, "--tree");
  expect(stdout.replace(/\d+(\.\d)? m?s\b/g, "T")).toBe(`child  ${id}  success  T\n\`- + flaky  T  2 attempts\n`);
});
