/** `garza lock gc`: what is forgotten, what stays, and that no token is ever given out again. */
import { expect, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";
import { until } from "../../support/temporary.ts";

const three = ({ all }: Machines) => all as [Sandbox, Sandbox, Sandbox];
const gc = (box: Sandbox, ...more: string[]) => box.garza("lock", "gc", "--older-than", "0s", ...more);
const refs = async (at: Machines) =>
  (await at.shared("for-each-ref", "--format=%(refname)", "refs/garza/")).split("\n").filter(Boolean);
const recorded = async (at: Machines) => JSON.parse(await at.shared("show", "main:infra/state/locks.json")) as unknown;
const hook = ({ remote }: Machines, name: string, lines: string) =>
  writeFileSync(join(remote, "hooks", name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });

async function use(box: Sandbox, ...resources: string[]): Promise<number[]> {
  const tokens: number[] = [];
  for (const resource of resources) {
    tokens.push(Number((await box.garza("lock", "acquire", resource)).stdout));
    expect((await box.garza("lock", "release", resource)).exitCode).toBe(0);
  }
  return tokens;
}

test("free locks are forgotten and held ones stay; tokens go on on every machine, also in an old clone", async () => {
  const own = '{"generation": {"db": 9, "old": 4},  "note": "ours"}\n';
  await using at = await machines(3, { files: { "infra/state/locks.json": own } });
  const [one, two, three_] = three(at);
  expect(await use(one, "db", "db", "Web 1")).toEqual([10, 11, 1]);
  expect(await use(two, "db")).toEqual([12]);
  await one.garza("lock", "acquire", "held");
  expect((await gc(two, "--dry-run")).stdout).toBe(
    "would forget  2 locks that nobody has: Web 1 (#1), db (#12)\nkept    1 lock in use, or free for less\n",
  );
  expect(await refs(at)).toHaveLength(3);
  expect((await two.garza("lock", "gc")).stdout).toStartWith("kept    3 locks in use, or free for less\npacked ");
  const { exitCode, stdout } = await gc(two);
  expect([exitCode, stdout]).toEqual([
    0,
    expect.stringMatching(/^forgot {2}2 locks .*\nkept {4}1 lock .*\npacked .*\n$/),
  ]);
  expect(await refs(at)).toEqual(["refs/garza/locks/held"]);
  expect(await at.shared("show", "main:infra/state/locks.json")).toBe(
    '{"generation": {"db": 12, "old": 4, "Web 1": 1},  "note": "ours"}',
  );
  expect(await use(three_, "Web 1", "db")).toEqual([2, 13]);
  await gc(three_);
  expect(await use(one, "db")).toEqual([14]);
  expect(await use(two, "db")).toEqual([15]);
  expect((await one.garza("lock", "release", "held")).exitCode).toBe(0);
  expect((await gc(one, "--json")).exitCode).toBe(0);
  expect([await refs(at), await recorded(at)]).toEqual([
    [],
    { generation: { db: 15, old: 4, "Web 1": 2, held: 1 }, note: "ours" },
  ]);
  for (const box of at.all) expect(await at.git(box, "status", "--porcelain")).toBe("");
}, 60_000);

test("one that is used while it is looked at stays, and one that can't be read is left to a person", async () => {
  await using at = await machines(2);
  const [one] = three(at);
  await use(one, "db", "web");
  const broken = await at.shared("commit-tree", "-m", "{", "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  await at.shared("update-ref", "refs/garza/locks/torn", broken);
  // Somebody takes it after its token was recorded, and before its ref is deleted.
  hook(at, "post-update", `test "$1" != refs/heads/main || git update-ref refs/garza/locks/db ${broken}`);
  const ended = await gc(one, "--json");
  expect([ended.exitCode, JSON.parse(ended.stdout)]).toMatchObject([
    1,
    { forgotten: [{ resource: "web", token: 1 }], used_meanwhile: ["db"], unreadable: [{ resource: "torn" }] },
  ]);
  expect(await refs(at)).toEqual(["refs/garza/locks/db", "refs/garza/locks/torn"]);
});

test("where the tokens can't be recorded nothing is deleted; where refs can't be, that is told", async () => {
  await using at = await machines(1);
  const [one] = three(at);
  await use(one, "db");
  hook(at, "update", "test $1 != refs/heads/main");
  expect(await gc(one)).toMatchObject({ exitCode: 69, stderr: expect.stringContaining("hook declined") });
  expect(await refs(at)).toEqual(["refs/garza/locks/db"]);
  hook(at, "update", 'case "$3" in 000000*) exit 1;; esac');
  const ended = await gc(one);
  expect([ended.exitCode, ended.stdout]).toEqual([
    1,
    expect.stringMatching(/^refused {2}to delete 1 of them: hook declined/),
  ]);
  expect([await refs(at), await recorded(at)]).toEqual([["refs/garza/locks/db"], { generation: { db: 1 } }]);
  expect(await use(one, "db")).toEqual([2]);
});

test("killed before its deletions, in them and after them, it is finished by the next, and no token falls", async () => {
  await using at = await machines(2);
  const [one, two] = three(at);
  const names = ["a", "b", "c"];
  const sign = join(at.remote, "sign");
  for (const [round, moment] of [
    ["pre-receive", 'grep -q " 000000" && touch sign; while test -e sign; do sleep 0.05; done; exit 0'],
    [
      "update",
      'case "$1 $3" in refs/garza/locks/b\\ 000000*) touch sign;; esac; while test -e sign; do sleep 0.05; done',
    ],
    ["post-receive", 'grep -q " 000000" && touch sign; while test -e sign; do sleep 0.05; done; exit 0'],
  ].entries()) {
    expect(await use(one, ...names)).toEqual([1, 1, 1].map((first) => first + 2 * round));
    const [name = "", lines = ""] = moment;
    hook(at, name, lines);
    const killed = one.start("lock", "gc", "--older-than", "0s");
    await until(() => existsSync(sign));
    await killed.end();
    rmSync(join(at.remote, "hooks", name));
    rmSync(sign);
    expect((await gc(two)).exitCode).toBe(0);
    await until(
      () => Bun.spawnSync(["git", "for-each-ref", "refs/garza/locks"], { cwd: at.remote }).stdout.length === 0,
    );
    expect(await use(two, ...names)).toEqual([2, 2, 2].map((first) => first + 2 * round));
    await gc(two);
  }
  expect(await at.shared("fsck", "--no-progress", "--no-dangling")).toBe("");
}, 60_000);

test("what this clone keeps is packed, and locks go on from there", async () => {
  await using at = await machines(1);
  const [one] = three(at);
  await use(one, "db", "db", "db", "db", "web");
  const store = join(one.root, ".git/garza/store.git");
  const loose = async () => Number(/^count: (\d+)/m.exec(await at.git(one, "-C", store, "count-objects", "-v"))?.[1]);
  const before = await loose();
  const ended = await one.garza("lock", "gc", "--json");
  expect(ended.exitCode).toBe(0);
  expect(before - (await loose())).toBeGreaterThanOrEqual(9);
  expect(await use(one, "db", "web")).toEqual([5, 2]);
});
