/** Locks of several machines, held at a real remote. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { fleets, forge, type Machine, problemOf } from "../support/machines.ts";
import { sandbox, until } from "../support/temporary.ts";

const here = fleets(sandbox());

const brief = { "locks.ttl": "1s" };
const heard = (machine: Machine, type: "renewed" | "lost") => machine.events.filter((each) => each.type === type);

test("a machine that had it stands aside for who has waited since before", async () => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  await one.acquire("op_1");
  const order: string[] = [];
  const take = async (machine: Machine, name: string) => {
    await machine.acquire(name, { waitSeconds: 60 });
    order.push(name);
    await machine.release(name);
    await machine.locks.settled();
  };
  const second = take(two, "op_2");
  await until(() => Object.keys(at.refs("refs/garza/waits/")).length === 1);
  await one.release("op_1");
  await Promise.all([second, take(one, "op_3")]);
  expect(order).toEqual(["op_2", "op_3"]);
});

test("it stands aside once for who never comes, and again when they show that they still wait", async () => {
  const at = here();
  let stoodMs = 0;
  const sleep = async (ms: number) => {
    stoodMs += ms;
  };
  const monotonic = () => systemClock.monotonic() + stoodMs;
  const one = at.machine("one", { clock: { now: systemClock.now, monotonic, sleep } });
  const turn = async (operation: string) => {
    const before = monotonic();
    await one.acquire(operation);
    await one.release(operation);
    await one.locks.settled();
    // Ten seconds, of which a slow machine really needs some for its looks.
    return monotonic() - before > 10_000;
  };
  const show = () => {
    const time = new Date(systemClock.now()).toISOString();
    const ticket = { v: 1, machine: "gone", host: "gone", since: "2000-01-01T00:00:00.000Z", seen: time, nonce: time };
    forge(at, JSON.stringify(ticket), "refs/garza/waits/db/gone");
  };
  expect(await turn("op_1")).toBe(false);
  show();
  expect([await turn("op_2"), await turn("op_3"), await turn("op_4")]).toEqual([true, false, false]);
  show();
  expect([await turn("op_5"), await turn("op_6")]).toEqual([true, false]);
});

test("what a machine left as it died waiting is taken back when it gets the lock", async () => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  await one.acquire("op_1");
  void two.acquire("op_2", { waitSeconds: 60 }).catch(() => {});
  const ticket = () => JSON.parse(at.git(at.remote, "log", "-1", "--format=%B", "refs/garza/waits/db/id-two"));
  await until(() => Object.keys(at.refs("refs/garza/waits/")).length === 1);
  // It dies: what it would do in the end is not done.
  const left = at.refs("refs/garza/waits/")["refs/garza/waits/db/id-two"] ?? "";
  const noted = readFileSync(note(two), "utf8");
  const again = await two.again();
  await one.release("op_1");
  await one.locks.settled();
  at.git(at.remote, "update-ref", "refs/garza/waits/db/id-two", left);
  writeFileSync(note(two), noted);
  expect(ticket().seen).toBeString();
  await again.acquire("op_3");
  expect(ticket().seen).toBeNull();
  expect(existsSync(note(two))).toBe(false);
});

const note = ({ root }: Machine) => join(root, ".git/garza/waits/id-two-db");

test("a wait ends at its time, or with its signal, and leaves the machine's own lock free", async () => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  await one.acquire("op_1");
  expect(await problemOf(two.acquire("op_2", { waitSeconds: 0.05 }))).toMatchObject({ kind: "lock-held", host: "one" });
  const stop = new AbortController();
  const waiting = two.acquire("op_2", { waitSeconds: 60, signal: stop.signal });
  await until(() => Object.keys(at.refs("refs/garza/waits/")).length === 1);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(two.db.read.query("select operation from lock where resource = 'db'").get() ?? { operation: null }).toEqual({
    operation: null,
  });
});

test("two operations of one machine wait for the same one: each gets it, one after the other", async () => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  await one.acquire("op_1");
  const [first, second] = ["op_a", "op_b"].map(async (operation) => {
    const token = await two.acquire(operation, { waitSeconds: 60 });
    await two.release(operation);
    return token;
  });
  await until(() => Object.keys(at.refs("refs/garza/waits/")).length === 1);
  await one.release("op_1");
  expect(new Set(await Promise.all([first, second]))).toEqual(new Set([2, 3]));
});

test("a nested operation works under its parent's lock, and gives back its own alone", async () => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  expect(await one.acquire("op_parent")).toBe(1);
  expect(await one.acquire("op_child", { within: ["op_parent"] })).toBe(1);
  await one.acquire("op_child", { within: ["op_parent"], resource: "own" });
  expect(one.locks.until(["op_child", "op_parent"])).toBeGreaterThan(Date.now());
  await one.release("op_child", { resource: "own", all: true });
  await one.locks.settled();
  expect([at.record("own").st, at.record().st]).toEqual(["free", "held"]);
  expect(await problemOf(two.acquire("op_2"))).toMatchObject({ kind: "lock-held", operation: "op_parent" });
});

test("a lock taken twice is free after it was given back twice", async () => {
  const at = here();
  const one = at.machine("one");
  expect([await one.acquire("op_1"), await one.acquire("op_1")]).toEqual([1, 1]);
  await one.release("op_1");
  expect([await one.locks.settled(), at.record().st]).toEqual([null, "held"]);
  await one.release("op_1");
  expect([await one.locks.settled(), at.record().st]).toEqual([null, "free"]);
});

describe("a lease", () => {
  test("from before a restart is renewed when its operation is carried on", async () => {
    const at = here();
    const one = at.machine("one");
    expect(await one.acquire("op_1")).toBe(1);
    const back = await one.again();
    expect(back.locks.until(["op_1"])).toBeUndefined();
    await back.locks.retake("op_1");
    expect(back.locks.until(["op_1"])).toBeGreaterThan(Date.now());
    expect(at.record()).toMatchObject({ gen: 1, seq: 1 });
  });

  test("that was free meanwhile counts as it was; that another had asks once", async () => {
    const at = here();
    const [one, two] = [at.machine("one", { settings: brief }), at.machine("two")];
    await one.acquire("op_1");
    one.end();
    await two.acquire("op_2", { waitSeconds: 60 });
    await two.release("op_2");
    expect(await two.locks.settled()).toBeNull();
    const back = await one.again();
    expect(await problemOf(back.locks.retake("op_1"))).toMatchObject({ kind: "lock-moved" });
    await back.locks.retake("op_1");
    expect(back.status()).toBe("held");
    expect(await back.release("op_1")).toBe(true);
    expect([await back.locks.settled(), at.record().st]).toEqual([null, "free"]);
  });

  test("is not forgotten where it could not be renewed as its operation was carried on", async () => {
    const at = here();
    const one = at.machine("one");
    await one.acquire("op_1");
    const back = await one.again();
    at.hook("pre-receive", "exit 1");
    expect(await problemOf(back.locks.retake("op_1"))).toMatchObject({ kind: "remote-unreachable" });
    expect(back.status()).toBe("held");
    at.hook("pre-receive", "exit 0");
    await back.release("op_1");
    expect([await back.locks.settled(), at.record().st]).toEqual([null, "free"]);
  });
});

describe("what stands at the remote", () => {
  test("somebody's own commit on top of ours is a lock that is lost", async () => {
    const at = here();
    const one = at.machine("one", { settings: { "locks.ttl": "12s" } });
    await one.acquire("op_1");
    forge(at, "mine");
    await until(() => heard(one, "lost").length === 1);
    expect(heard(one, "lost")).toMatchObject([{ operation: "op_1", why: "its commit holds no record" }]);
  });

  test("a store in which a git was killed as it wrote goes on", async () => {
    const at = here();
    const one = at.machine("one");
    await one.acquire("op_1");
    const { store } = await one.sharing();
    writeFileSync(join(store.gitDir, "packed-refs.lock"), "");
    await one.release("op_1");
    await one.locks.settled();
    const two = at.machine("two");
    await two.acquire("op_2");
    await two.release("op_2");
    await two.locks.settled();
    expect(await one.acquire("op_3")).toBe(3);
    expect(existsSync(join(store.gitDir, "packed-refs.lock"))).toBe(false);
  });

  test("a store that was removed is made again", async () => {
    const at = here();
    const one = at.machine("one");
    await one.acquire("op_1");
    rmSync(join(one.root, ".git/garza/store.git"), { recursive: true });
    await one.release("op_1");
    await until(() => at.record().st === "free");
  });
});

test("a name that others would not read, and a time of nothing, are refused or mended here", async () => {
  const at = here();
  const [one, two] = [at.machine("one"), at.machine("two")];
  expect(await problemOf(one.acquire("op_1", { resource: "x".repeat(501) }))).toMatchObject({ kind: "value-refused" });
  await one.acquire("op_1", { ttlSeconds: 0 });
  expect(await problemOf(two.acquire("op_2"))).toMatchObject({ kind: "lock-held", host: "one" });
});
