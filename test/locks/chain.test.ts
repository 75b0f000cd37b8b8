/** The commits of a lock: one a transition, not without end. */
import { expect, test } from "bun:test";
import { lockCommit, readLockText } from "../../src/locks/lock-text.ts";
import { acquired, released, renewed } from "../../src/locks/transitions.ts";
import { fleets, forge } from "../support/machines.ts";
import { sandbox } from "../support/temporary.ts";

const here = fleets(sandbox());

test("a chain is begun anew after 1,024 transitions, and names the one before", () => {
  const holder = { owner: "op_1", by: "a", host: "h", machine: "m", pid: 1, op: "x", ttlSeconds: 60 };
  const first = acquired("db", null, holder, { floor: 6, now: 0 });
  expect([first.parent, first.text.n, first.text.gen]).toEqual([null, 1, 7]);
  const at = (n: number) => ({ oid: "a".repeat(40), text: { ...first.text, n } });
  expect(renewed(at(1_023), 0)).toMatchObject({ parent: "a".repeat(40), text: { n: 1_024 } });
  expect(renewed(at(1_024), 0)).toMatchObject({
    parent: null,
    from: "a".repeat(40),
    text: { n: 1, prev: "a".repeat(40), gen: 7, seq: 1 },
  });
  const next = released({ oid: "b".repeat(40), text: renewed(at(1_024), 0).text }, 0);
  expect([next.parent, next.text.n, "prev" in next.text]).toEqual(["b".repeat(40), 2, false]);
});

test("a chain that is begun anew is pushed and read like any other", async () => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  await one.acquire("op_1");
  await one.release("op_1");
  await one.locks.settled();
  const { text } = readLockText("", at.git(at.remote, "log", "-1", "--format=%B", "refs/garza/locks/db")) as {
    text: Parameters<typeof lockCommit>[0];
  };
  const long = lockCommit({ ...text, n: 1_024 }, { verb: "release", parent: null, tree: "" }).split("\n\n");
  const old = forge(at, long.slice(1).join("\n\n"));
  expect(await two.acquire("op_2")).toBe(2);
  expect(at.record()).toMatchObject({ n: 1, prev: old, gen: 2 });
  expect(at.git(at.remote, "rev-list", "--count", "refs/garza/locks/db")).toBe("1");
});
