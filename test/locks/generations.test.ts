/** Fencing tokens of locks whose refs are gone: they are recorded in the state branch, and never given out again. */
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fleet, fleets, type Machine, problemOf } from "../support/machines.ts";
import { sandbox } from "../support/temporary.ts";

const here = fleets(sandbox());

/** Somebody's commit on the branch. */
function record(at: Fleet, { root }: Machine, text: string): void {
  mkdirSync(join(root, "infra/state"), { recursive: true });
  writeFileSync(join(root, "infra/state/locks.json"), text);
  at.git(root, "add", "infra/state/locks.json");
  at.git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "tokens");
  at.git(root, "push", "-q", "origin", "HEAD:refs/heads/main");
}

test("who takes a lock that was forgotten begins above its last token, whether they knew it or not", async () => {
  const at = here();
  const [one, two, three] = [at.machine("one"), at.machine("two"), at.machine("three")];
  await one.acquire("op_1");
  await one.release("op_1");
  await one.locks.settled();
  expect(await two.acquire("op_2")).toBe(2);
  await two.release("op_2");
  await two.locks.settled();
  record(at, three, '{"note": "ours", "generation": {"db": 7, "__proto__": 9, "other": 50}}');
  at.git(at.remote, "update-ref", "-d", "refs/garza/locks/db");
  // What it left there itself is gone.
  expect(await two.acquire("op_3")).toBe(8);
  await two.release("op_3");
  await two.locks.settled();
  at.git(at.remote, "update-ref", "-d", "refs/garza/locks/db");
  expect(await three.acquire("op_4")).toBe(8);
  expect(await three.acquire("op_4", { resource: "new" })).toBe(1);
  expect(await one.acquire("op_5", { resource: "other" })).toBe(51);
});

test.each([
  ["is not JSON", "{"],
  ["has merge markers", '<<<<<<< ours\n{"generation": {}}\n=======\n{}\n>>>>>>> theirs\n'],
  ["has no numbers", '{"generation": {"db": "7"}}'],
  ["is a list", "[]"],
])("a record that %s is refused, and only where it is needed", async (_, text) => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  await one.acquire("op_1", { resource: "known" });
  await one.release("op_1", { resource: "known" });
  await one.locks.settled();
  record(at, one, text);
  expect(await problemOf(two.acquire("op_2"))).toMatchObject({
    kind: "data-damaged",
    file: "infra/state/locks.json of the shared branch",
  });
  expect(two.db.read.query("select 1 from lock where operation is not null").all()).toEqual([]);
  expect(await two.acquire("op_3", { resource: "known" })).toBe(2);
});
