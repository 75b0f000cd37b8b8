import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { childEnvironment } from "../../src/core/environment.ts";
import { stepToken } from "../../src/core/ids.ts";
import { isClaimed, readEvidence } from "../../src/core/process/evidence.ts";
import { bootId, identify } from "../../src/core/process/identity.ts";
import { startProcess } from "../../src/core/spawn.ts";
import { sandbox } from "../support/temporary.ts";

const root = sandbox();
const gone = { state: "gone", lapsed: false } as const;

/** A run folder as a power cut may have left it: its files, by name. */
function left(files: Record<string, string>, folders: string[] = ["started"]): string {
  const folder = join(root, stepToken());
  mkdirSync(folder);
  for (const name of folders) mkdirSync(join(folder, name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
const self = () => {
  const identity = identify(process.pid);
  return `${process.pid}\n${identity?.start}\n${identity?.boot}\n`;
};

describe("in the boot in which it was begun", () => {
  test("a folder that is not there, or is empty, means that nothing was started", async () => {
    const boot = bootId();
    expect(await readEvidence(join(root, "no-such-run"), { boot })).toEqual({ state: "never-started" });
    expect(existsSync(join(root, "no-such-run"))).toBe(false);
    expect(await readEvidence(left({}, []), { boot })).toEqual({ state: "never-started" });
  });

  test("recovery's claim is whole whenever recovery is cut short, and is told from a pid", async () => {
    const folder = left({});
    expect(isClaimed(folder)).toBe(false);
    for (let time = 0; time < 2; time++) expect(await readEvidence(folder)).toEqual({ state: "never-started" });
    expect(isClaimed(folder)).toBe(true);
    const env = childEnvironment({ PATH: process.env.PATH });
    const [out, err] = [`${folder}.out`, `${folder}.err`];
    const start = { folder, run: { argv: ["echo", "ran"] }, directory: root, env, out, err } as const;
    await expect(startProcess(start).exited).rejects.toThrow("nothing was run");
  });
});

describe("in another boot", () => {
  const boot = "an-earlier-one";

  test.each([
    ["not there", () => join(root, stepToken())],
    ["empty", () => left({}, [])],
    ["empty but for its first act", () => left({})],
    ["claimed by a recovery", () => left({}, ["started", "pid"])],
    ["without a whole pid", () => left({ pid: "123\n45" })],
    ["with a pid of zeros", () => left({ pid: "\0".repeat(50) })],
    ["with a pid of that boot", () => left({ pid: `${process.pid}\n1\n${boot}\n` })],
  ])("a folder that is %s proves nothing, also when the next recovery takes this boot for its own", async (_, make) => {
    const folder = make();
    expect(await readEvidence(folder, { boot })).toEqual(gone);
    expect(await readEvidence(folder, { boot: bootId() })).toEqual(gone);
    expect(await readEvidence(folder)).toEqual(gone);
    expect(isClaimed(folder)).toBe(false);
  });

  test("a whole record of its end still counts", async () => {
    const folder = left({});
    writeFileSync(join(folder, "exit"), `6 ${basename(folder)}\n`);
    expect(await readEvidence(folder, { boot })).toEqual({ state: "exited", exitCode: 6, lapsed: false });
    expect(readdirSync(folder).sort()).toEqual(["exit", "started"]);
  });

  test("what lives in this one is running, whatever was thought of its boot", async () => {
    expect(await readEvidence(left({ pid: self() }), { boot })).toMatchObject({ state: "running" });
  });
});

describe("a record of the end that is not whole", () => {
  test.each(["", "0", "0 ", "\0\0\0", "0 another-token\n"])("%j proves only that something ran", async (exit) => {
    for (const folder of [left({ exit }), left({ exit }, []), left({ exit, pid: "" })]) {
      expect(await readEvidence(folder)).toEqual(gone);
      expect(await readEvidence(folder, { boot: "an-earlier-one" })).toEqual(gone);
    }
  });
});
