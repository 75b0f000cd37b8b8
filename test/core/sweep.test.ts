import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stepToken } from "../../src/core/ids.ts";
import { GarzaError } from "../../src/core/problem.ts";
import { identify } from "../../src/core/process/identity.ts";
import { sweepRunFolders } from "../../src/core/process/sweep.ts";
import { sandbox } from "../support/temporary.ts";

const root = sandbox();
const now = 1_800_000_000_000;
const week = 7 * 24 * 3_600_000;
let made = 0;

function runFolders() {
  const runs = join(root, String(made++));
  mkdirSync(runs);
  const aged = (path: string, age: number) => {
    utimesSync(path, (now - age) / 1000, (now - age) / 1000);
    return path;
  };
  return {
    runs,
    folder(name: string, age = week + 1_000, pid = "") {
      const path = join(runs, name);
      mkdirSync(path);
      writeFileSync(join(path, "pid"), pid);
      return aged(path, age);
    },
    file(name: string, age = week + 1_000) {
      writeFileSync(join(runs, name), "secret");
      return aged(join(runs, name), age);
    },
  };
}
const nobody = () => false;

test("what no journal knows is removed when it is old, with all of its folders and outputs", async () => {
  const { runs, folder, file } = runFolders();
  const token = stepToken();
  const all = [
    folder(`${token}-0`),
    file(`${token}-0.err`),
    file(`${token}-0.out`),
    file(`${token}-0.out.gap`),
    folder(`${token}-0xx`),
    folder(`${token}-12x`),
    file(`${stepToken()}-0.out`),
  ];
  const { removed, left } = await sweepRunFolders(runs, nobody, week, now);
  expect([removed.sort(), left, readdirSync(runs)]).toEqual([all.sort(), [], []]);
});

test("what is known, or not old yet in any of its parts, stays", async () => {
  const { runs, folder, file } = runFolders();
  const [known, young] = [stepToken(), stepToken()];
  folder(`${known}-0`);
  file(`${known}-0.out`);
  folder(`${young}-0`);
  file(`${young}-0.out`, week - 1_000);
  expect(await sweepRunFolders(runs, (token) => token === known, week, now)).toEqual({ removed: [], left: [] });
  expect(readdirSync(runs)).toHaveLength(4);
});

test("a process that is alive keeps what it has, one whose pid is another's by now does not", async () => {
  const { runs, folder, file } = runFolders();
  const self = identify(process.pid);
  const [alive, dead] = [stepToken(), stepToken()];
  folder(`${alive}-0`);
  folder(`${alive}-0x`, week + 1_000, `${process.pid}\n${self?.start}\n${self?.boot}\n`);
  file(`${alive}-0.out`);
  const gone = folder(`${dead}-0`, week + 1_000, `${process.pid}\n${Number(self?.start) + 1}\n${self?.boot}\n`);
  expect((await sweepRunFolders(runs, nobody, week, now)).removed).toEqual([gone]);
  expect(readdirSync(runs)).toHaveLength(3);
});

test("links are not followed, and other names are not touched", async () => {
  const { runs, folder, file } = runFolders();
  const outside = join(root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "precious"), "");
  symlinkSync(outside, join(runs, `${stepToken()}-0`));
  symlinkSync(join(outside, "precious"), join(runs, `${stepToken()}-0.out`));
  folder("mine");
  folder(`${stepToken()}-0y`);
  file(`${stepToken()}-0`);
  const swept = folder(`${stepToken()}-0`);
  symlinkSync(outside, join(swept, "link"));
  utimesSync(swept, 1, 1);
  expect((await sweepRunFolders(runs, nobody, week, now)).removed).toEqual([swept]);
  expect(existsSync(join(outside, "precious"))).toBe(true);
  expect(readdirSync(runs)).toHaveLength(5);
});

test("what can't be looked at or removed is told, and stops nothing", async () => {
  const { runs, folder } = runFolders();
  const closed = folder(`${"a".repeat(24)}-0`);
  rmSync(join(closed, "pid"));
  symlinkSync("pid", join(closed, "pid"));
  utimesSync(closed, 1, 1);
  const open = folder(`${"b".repeat(24)}-0`);
  const { removed, left } = await sweepRunFolders(runs, nobody, week, now);
  expect([removed, left.map(({ path }) => path)]).toEqual([[open], [closed]]);
});

test("no folder of runs is an empty one, and one that can't be read is a problem", async () => {
  expect(await sweepRunFolders(join(root, "none"), nobody, week, now)).toEqual({ removed: [], left: [] });
  writeFileSync(join(root, "file"), "");
  const thrown = await sweepRunFolders(join(root, "file"), nobody, week, now).catch((cause: unknown) => cause);
  expect(thrown).toBeInstanceOf(GarzaError);
});
