/** A move of the work tree that was cut off, and what a person has done before and since. */
import { beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inLockedTree } from "../../src/git/lock-tree.ts";
import { moveTree } from "../../src/git/move-tree.ts";
import { openTree, type Tree } from "../../src/git/tree.ts";
import { type Repositories, repositories } from "../support/repositories.ts";
import { sandbox } from "../support/temporary.ts";

const all = sandbox();
let at: Repositories;
let tree: Tree;
let from: string;
let to: string;

beforeEach(async () => {
  at = repositories(all);
  at.elsewhere({ a: "1 theirs\n2\n3\n4\n5\n", b: "theirs\n", fresh: "theirs\n" });
  at.user(at.tree, "fetch", "-q");
  [from, to] = ["main", "origin/main"].map((name) => at.user(at.tree, "rev-parse", name)) as [string, string];
  const found = await openTree({ directory: at.tree, env: { PATH: process.env.PATH, HOME: at.home } });
  if (!found) throw new Error("no tree");
  tree = found;
});

const head = () => at.user(at.tree, "rev-parse", "HEAD");
const status = () => at.user(at.tree, "status", "--porcelain");
const note = () => join(tree.gitDir, "garza", "moving");
const look = () => inLockedTree(tree, async () => {});

/** As if whoever moved it had died: with some files there, or all of them and the index. */
async function cutOff(how: "some" | "all") {
  expect(await moveTree(tree, from, to)).toBeUndefined();
  if (how === "all") at.user(at.tree, "update-ref", "HEAD", from);
  else {
    at.user(at.tree, "reset", "-q", "--hard", from);
    at.write(at.tree, { b: "theirs\n", fresh: "theirs\n" });
  }
  writeFileSync(note(), `${from} ${to} main\n`);
}

for (const how of ["some", "all"] as const)
  describe(`cut off with ${how} of the files there`, () => {
    test("it is ended by who works in the tree next", async () => {
      await cutOff(how);
      await look();
      expect([head(), status(), existsSync(note())]).toEqual([to, "", false]);
    });

    test("what was staged and changed elsewhere stays as it is", async () => {
      await cutOff(how);
      at.write(at.tree, { state: "mine\n", more: "mine\n" });
      at.user(at.tree, "add", "more");
      await look();
      expect([head(), status()]).toEqual([to, "A  more\n M state"]);
    });

    test("where a person has gone on from there, it is forgotten", async () => {
      await cutOff(how);
      at.user(at.tree, "add", "-A");
      at.user(at.tree, "commit", "-q", "-m", "mine");
      const mine = head();
      await look();
      expect([head(), status(), existsSync(note())]).toEqual([mine, "", false]);
    });

    test("on a branch that a person has made there, nothing is moved", async () => {
      await cutOff(how);
      at.user(at.tree, "checkout", "-q", "-b", "mine");
      const before = status();
      await look();
      expect([head(), status(), existsSync(note())]).toEqual([from, before, false]);
    });

    test("a merge that has begun comes first, and a lock of git's", async () => {
      await cutOff(how);
      for (const sign of ["MERGE_HEAD", "index.lock"]) {
        writeFileSync(join(tree.gitDir, sign), `${to}\n`);
        expect(await moveTree(tree, from, to)).toMatch(/^a merge is under way$|index\.lock is there/);
        expect([head(), existsSync(note())]).toEqual([from, true]);
        rmSync(join(tree.gitDir, sign));
      }
      await look();
      expect([head(), status()]).toEqual([to, ""]);
    });
  });

test("what a person has made of a file that was to come stays, and so does the note until it can be ended", async () => {
  await cutOff("some");
  at.write(at.tree, { a: "1\n2\n3\n4\n5 mine\n" });
  await look();
  expect([head(), at.read("a"), existsSync(note())]).toEqual([from, "1\n2\n3\n4\n5 mine\n", true]);
  at.user(at.tree, "checkout", "-q", "a");
  await look();
  expect([head(), status(), existsSync(note())]).toEqual([to, "", false]);
});

test("what git ignores here is not written over, nor a folder of it, nor a file in place of a folder", async () => {
  at.write(at.tree, { ".gitignore": "local*\n" });
  at.user(at.tree, "add", ".gitignore");
  at.user(at.tree, "commit", "-q", "-m", "ignore");
  from = head();
  at.user(at.tree, "checkout", "-q", "-b", "more");
  mkdirSync(join(at.tree, "local3"));
  at.write(at.tree, { local1: "theirs\n", local2: "theirs\n", "local3/a": "theirs\n" });
  at.user(at.tree, "add", "-f", "local1", "local2", "local3/a");
  at.user(at.tree, "commit", "-q", "-m", "more");
  to = head();
  at.user(at.tree, "checkout", "-q", "main");
  const steps = [
    ["local1", () => at.write(at.tree, { local1: "mine\n" })],
    ["local2", () => mkdirSync(join(at.tree, "local2"))],
    ["local3/a", () => at.write(at.tree, { local3: "mine\n" })],
  ] as const;
  for (const [path, make] of steps) {
    make();
    expect(await moveTree(tree, from, to)).toBe(
      `${path}, which git does not have here, stands in the way (move it away)`,
    );
    expect([head(), existsSync(note())]).toEqual([from, false]);
    rmSync(join(at.tree, path.split("/")[0] ?? ""), { recursive: true });
  }
  expect([await moveTree(tree, from, to), head(), status()]).toEqual([undefined, to, ""]);
});

test("changes in the way leave all as it was, and nothing to end", async () => {
  at.write(at.tree, { b: "mine\n" });
  expect(await moveTree(tree, from, to)).toBe("changes in the work tree stand in the way");
  expect([head(), status(), existsSync(note())]).toEqual([from, "M b", false]);
});
