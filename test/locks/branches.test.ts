/** A host that takes nothing but branches, and moves those only forward: locks are branches there. */
import { expect, test } from "bun:test";
import { readLockText } from "../../src/locks/lock-text.ts";
import { type Fleet, fleets, forge, problemOf } from "../support/machines.ts";
import { sandbox, until } from "../support/temporary.ts";

const here = fleets(sandbox());
const branches = { "locks.refs": "branches" };
const ref = "refs/heads/garza-locks/db";

/** As such hosts do; deletion is refused as well. */
function strict(): Fleet {
  const at = here();
  at.hook("update", 'case "$1" in refs/heads/*) exit 0;; esac; exit 1');
  at.git(at.remote, "config", "receive.denyNonFastForwards", "true");
  at.git(at.remote, "config", "receive.denyDeletes", "true");
  return at;
}

test("without the setting no lock is had there, with it machines take turns", async () => {
  const at = strict();
  expect(await problemOf(at.machine("zero").acquire("op_0"))).toMatchObject({ kind: "remote-unreachable" });
  const [one, two] = [at.machine("one", { settings: branches }), at.machine("two", { settings: branches })];
  expect(await one.acquire("op_1")).toBe(1);
  expect(await problemOf(two.acquire("op_2"))).toMatchObject({ kind: "lock-held", host: "one" });
  const waits = two.acquire("op_3", { waitSeconds: 30 });
  await until(() => Object.keys(at.refs("refs/heads/garza-waits/")).length === 1);
  await one.release("op_1");
  expect(await waits).toBe(2);
  await two.release("op_3");
  expect(await two.locks.settled()).toBeNull();
  expect(Object.keys(at.refs("refs/"))).toEqual([ref, "refs/heads/garza-waits/db/id-two"]);
  expect(await one.locks.lookAround()).toEqual([]);
});

test("a chain is not cut there, and an unreadable record is set free on top of it", async () => {
  const at = strict();
  const one = at.machine("one", { settings: branches });
  await one.acquire("op_1");
  await one.release("op_1");
  await one.locks.settled();
  const before = at.git(at.remote, "rev-parse", ref);
  const seen = readLockText(before, at.git(at.remote, "log", "-1", "--format=%B", ref));
  if ("unreadable" in seen) throw new Error(seen.unreadable);
  const long = forge(at, `release db\n\n${JSON.stringify({ ...seen.text, n: 1_024 })}`, ref, before);
  const two = at.machine("two", { settings: branches });
  expect(await two.acquire("op_2")).toBe(2);
  expect(at.git(at.remote, "rev-parse", `${ref}^`)).toBe(long);
  const broken = forge(at, "renew db\n\n{", ref, at.git(at.remote, "rev-parse", ref));
  await two.locks.takeAway({ resource: "db", mark: broken, by: "alice", why: "it is broken" });
  expect(at.git(at.remote, "rev-parse", `${ref}^`)).toBe(broken);
  expect(at.git(at.remote, "merge-base", before, ref)).toBe(before);
});
