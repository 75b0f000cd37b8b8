/** Locks of several machines over every way to a remote: who has one has it alone, and everybody knows. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { clockAhead, moveNow, stolen } from "../support/lock-attacks.ts";
import { fleets, type Machine, problemOf } from "../support/machines.ts";
import { sandbox, until } from "../support/temporary.ts";
import { overEach } from "../support/transports.ts";

const here = fleets(sandbox());

overEach((open) => {
  describe.each(["sha1", "sha256"] as const)("with %s", (hash) => {
    test("one machine has it, the other one is told who; then it goes to and fro, each time with a greater token", async () => {
      const at = here({ ...open(), hash });
      const [one, two] = [at.machine("one"), at.machine("two")];
      expect(await one.acquire("op_1")).toBe(1);
      expect(await problemOf(two.acquire("op_2"))).toMatchObject({ kind: "lock-held", operation: "op_1", host: "one" });
      expect(await two.locks.holder("db")).toMatchObject({ scope: "away", host: "one", operator: "alice", token: 1 });
      await one.release("op_1");
      expect(await one.locks.settled()).toBeNull();
      expect(at.record()).toMatchObject({ st: "free", gen: 1, seq: 1 });
      for (const [turn, machine] of [two, one, two].entries()) {
        expect(await machine.acquire("op_3")).toBe(2 + turn);
        await machine.release("op_3");
        expect(await machine.locks.settled()).toBeNull();
      }
      expect(at.git(at.remote, "log", "--format=%s", "refs/garza/locks/db").split("\n")).toHaveLength(8);
      expect(at.git(at.remote, "fsck", "--strict", "--no-dangling")).toBe("");
    });
  });

  test("nothing is left in the user's repository: no ref, no index, no FETCH_HEAD", async () => {
    const at = here(open());
    const one = at.machine("one");
    await one.acquire("op_1");
    await one.release("op_1");
    await one.locks.settled();
    expect(at.git(one.root, "for-each-ref")).toBe("");
    expect(at.git(one.root, "status", "--porcelain", "--ignored=no")).toBe("?? garza.yml");
    expect(await Bun.file(join(one.root, ".git/FETCH_HEAD")).exists()).toBe(false);
  });

  test("who waits gets it when the other machine gives it back", async () => {
    const at = here(open());
    const [one, two] = [at.machine("one"), at.machine("two")];
    await one.acquire("op_1");
    const waiting = two.acquire("op_2", { waitSeconds: 60 });
    // It left a ticket: it has looked, and waits.
    await until(() => Object.keys(at.refs("refs/garza/waits/")).length === 1);
    await one.release("op_1");
    expect(await waiting).toBe(2);
    expect(await one.locks.settled()).toBeNull();
  });

  test("two that want it again and again have it one at a time, and no token twice", async () => {
    const at = here(open());
    const machines = ["one", "two"].map((name) => at.machine(name));
    const tokens: number[] = [];
    let inside = 0;
    const turn = async (machine: Machine) => {
      tokens.push(await machine.acquire("op_1", { waitSeconds: 60 }));
      expect(++inside).toBe(1);
      // Time for others to come in: a renewal would keep them out by itself.
      for (const other of [...machines, ...machines]) await other.locks.lookAround();
      expect((await moveNow(machine, "db")).get("db")).toEqual({ kind: "moved" });
      inside--;
      await machine.release("op_1");
      await machine.locks.settled();
    };
    const twice = async (machine: Machine) => {
      await turn(machine);
      await turn(machine);
    };
    await Promise.all(machines.map(twice));
    expect(tokens).toEqual([1, 2, 3, 4]);
  });

  test("a lease is renewed as long as its operation has it, all of a machine in one push", async () => {
    const at = here(open());
    const one = at.machine("one", { settings: { "locks.ttl": "12s" } });
    await one.acquire("op_1");
    await one.acquire("op_1", { resource: "other" });
    await until(() => ["db", "other"].every((name) => heard(one, "renewed").some(({ resource }) => resource === name)));
    expect(at.record()).toMatchObject({ st: "held", gen: 1, owner: "op_1" });
    expect([at.record().seq, at.record("other").seq].map((seq) => Number(seq) >= 1)).toEqual([true, true]);
  });

  test("a lease that nobody renews is taken over, and its holder loses it", async () => {
    const at = here(open());
    const [one, two] = [at.machine("one", { settings: { "locks.ttl": "1s" } }), at.machine("two")];
    await one.acquire("op_1");
    one.end();
    expect(await two.acquire("op_2", { waitSeconds: 60 })).toBe(2);
    expect(at.git(at.remote, "log", "-1", "--format=%s", "refs/garza/locks/db")).toStartWith("take-over db #2.0");
    const back = await one.again();
    expect(await problemOf(back.locks.retake("op_1"))).toMatchObject({ kind: "lock-moved", operation: "op_1" });
  });

  test("ten of a machine are renewed by one push, and one of them that was stolen keeps no other one from it", async () => {
    const at = here(open());
    const one = at.machine("one");
    const resources = Array.from({ length: 10 }, (_, number) => `r${number}`);
    for (const resource of resources) await one.acquire("op_1", { resource });
    at.git(at.remote, "update-ref", "refs/garza/locks/r4", stolen(at, "r4"));
    at.hook("pre-receive", "echo push >> pushes");
    const outcomes = await moveNow(one, ...resources);
    expect([...outcomes].filter(([, { kind }]) => kind !== "moved")).toEqual([
      ["r4", { kind: "lost", why: expect.stringContaining("mallory on elsewhere took it") }],
    ]);
    expect(resources.map((resource) => [at.record(resource).owner, at.record(resource).seq])).toEqual(
      resources.map((resource) => (resource === "r4" ? ["op_9", 0] : ["op_1", 1])),
    );
    expect(await Bun.file(join(at.remote, "pushes")).text()).toBe("push\n");
  });

  test("a holder that slept through its time finds its lock another's, and neither renews it nor gives it back", async () => {
    const at = here(open());
    const [one, two] = [at.machine("one"), at.machine("two", { clock: clockAhead(3_600_000) })];
    expect([await one.acquire("op_1"), await two.acquire("op_2")]).toEqual([1, 2]);
    const theirs = at.refs();
    expect((await moveNow(one, "db")).get("db")).toMatchObject({
      kind: "lost",
      why: expect.stringContaining("on two"),
    });
    await one.release("op_1");
    expect([await one.locks.settled(), at.refs()]).toEqual([null, theirs]);
  });

  test("what is released in the moment in which it is taken over stays the other's", async () => {
    const at = here(open());
    const [one, two] = [at.machine("one"), at.machine("two", { clock: clockAhead(3_600_000) })];
    expect([await one.acquire("op_1"), await two.acquire("op_2")]).toEqual([1, 2]);
    await one.release("op_1");
    expect([await one.locks.settled(), one.status(), at.record().owner]).toEqual([null, "away", "op_2"]);
  });

  test("by force exactly that is taken which was seen: a renewal is enough to be asked again", async () => {
    const at = here(open());
    const [one, two] = [at.machine("one"), at.machine("two")];
    await one.acquire("op_1");
    const mark = at.refs()["refs/garza/locks/db"];
    await moveNow(one, "db");
    const force = { resource: "db", by: "bob", why: "a test" };
    expect(await problemOf(two.locks.takeAway({ ...force, mark }))).toMatchObject({ kind: "busy" });
    expect(at.record()).toMatchObject({ st: "held", owner: "op_1" });
    await two.locks.takeAway({ ...force, mark: at.refs()["refs/garza/locks/db"] });
    expect(at.record()).toMatchObject({ st: "free", gen: 1, by: "bob", why: "a test" });
    expect((await moveNow(one, "db")).get("db")).toMatchObject({
      kind: "lost",
      why: expect.stringContaining("by force"),
    });
  });
});

const heard = (machine: Machine, type: "renewed" | "lost") => machine.events.filter((each) => each.type === type);
