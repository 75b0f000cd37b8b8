import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { childEnvironment } from "../../src/core/environment.ts";
import { stepToken } from "../../src/core/ids.ts";
import { Unknown } from "../../src/engine/past.ts";
import { type Running, runProcess } from "../../src/engine/run-process.ts";
import { sandbox } from "../support/temporary.ts";

const root = sandbox();
const env = childEnvironment({ PATH: process.env.PATH });

function step(script: string, more: Partial<Running> = {}): Running & { warnings: string[] } {
  const folder = join(root, stepToken());
  const warnings: string[] = [];
  return {
    name: "deploy",
    folder,
    run: { script, interpreter: ["/bin/sh"] },
    directory: root,
    env,
    out: `${folder}.out`,
    err: `${folder}.err`,
    signal: new AbortController().signal,
    timeoutMs: undefined,
    stepLimit: undefined,
    graceMs: 5_000,
    boot: undefined,
    mayRepeat: false,
    onStart: async () => {},
    warn: async (message) => void warnings.push(message),
    warnings,
    ...more,
  };
}

/** What an earlier run of it has left. */
function leave({ folder }: Running, files: Record<string, string>): void {
  mkdirSync(join(folder, "started"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

describe("after a power cut", () => {
  const boot = "an-earlier-one";

  test("a step whose folder is gone with it is unknown, again and again, and is not run", async () => {
    const lost = step("echo ran", { boot });
    for (let time = 0; time < 2; time++) {
      expect(await runProcess(lost).catch((thrown: unknown) => thrown)).toBeInstanceOf(Unknown);
    }
    const again = runProcess({ ...lost, boot: undefined });
    expect(await again.catch((thrown: unknown) => thrown)).toBeInstanceOf(Unknown);
  });

  test("it is run where it may be repeated", async () => {
    const { stdout } = await runProcess(step("echo ran", { boot, mayRepeat: true }));
    expect(stdout).toBe("ran\n");
  });
});

describe("a process that is found again", () => {
  test("has the output from where it began, and all of it where that is not known any more", async () => {
    const found = step("exit 1");
    writeFileSync(found.out, "before\nafter\n");
    leave(found, { exit: `0 ${basename(found.folder)}\n`, start: "7 0\n" });
    expect((await runProcess(found)).stdout).toBe("after\n");
    writeFileSync(join(found.folder, "start"), "");
    expect((await runProcess(found)).stdout).toBe("before\nafter\n");
  });

  test("was ended by its wrapper where its time had passed, and that is told", async () => {
    const killed = step("exit 0");
    leave(killed, { pid: `${process.pid}\n1\n1\n`, lapsed: "1000000000\n" });
    expect(await runProcess(killed)).toMatchObject({ exitCode: null, signal: "SIGKILL" });
    expect(killed.warnings).toEqual([expect.stringContaining("had passed")]);
  });
});

test("where the output of a process begins is noted before it is started", async () => {
  const second = step('cat "$FOLDER/start"');
  writeFileSync(second.out, "before\n");
  const { stdout } = await runProcess({ ...second, env: { ...env, FOLDER: second.folder } });
  expect(stdout).toBe("7 0\n");
  expect(readFileSync(second.out, "utf8")).toBe("before\n7 0\n");
});
