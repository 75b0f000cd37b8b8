/** What becomes of locks when the remote refuses, loses its answers, hangs or is gone. */
import { describe, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { type Fleet, fleets, type Machine, problemOf } from "../support/machines.ts";
import { sandbox, until } from "../support/temporary.ts";

const here = fleets(sandbox());

const brief = { "locks.ttl": "1s" };
const lost = ({ events }: Machine) => events.filter(({ type }) => type === "lost");
const heldHere = ({ db }: Machine) => db.read.query("select 1 from lock where operation is not null").all().length;

/** Its file makes the hook do it once. */
const once = (at: Fleet, hook: string) => {
  const sign = join(at.home, hook);
  at.hook(hook, `if rm '${sign}' 2>/dev/null; then kill -9 $PPID; fi; exit 0`);
  return { next: () => writeFileSync(sign, ""), isDone: () => !existsSync(sign) };
};

describe("a remote that can't be had", () => {
  test.each([
    ["is not there", "file:///nowhere/at/all.git", "remote-refused"],
    ["does not answer", "http://127.0.0.1:9/r.git", "remote-unreachable"],
    ["is no transport that may be used", "ext::sh -c 'touch owned'", "remote-unreachable"],
  ])("that %s means no lock, here as well", async (_, url, kind) => {
    const at = here();
    const one = at.machine("one", { url });
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind });
    expect([heldHere(one), one.status() ?? "free"]).toEqual([0, "free"]);
    expect(existsSync(join(one.root, "owned"))).toBe(false);
  });

  test.each([
    ["pre-receive", "pre-receive hook declined"],
    ["update", "hook declined"],
  ])("that refuses by its %s hook is told as it says", async (name, why) => {
    const at = here();
    const one = at.machine("one");
    at.hook(name, "exit 1");
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind: "remote-unreachable", why });
    expect([heldHere(one), one.status()]).toEqual([0, "free"]);
  });

  test("that takes no push, and says no rule, is tried three times and not for ever", async () => {
    const at = here();
    const one = at.machine("one");
    at.hook("pre-receive", "echo x >> tries; kill -9 $PPID");
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind: "remote-unreachable" });
    expect(await Bun.file(join(at.remote, "tries")).text()).toBe("x\n".repeat(3));
    at.hook("pre-receive", "exit 0");
    await until(() => one.status() === "free");
    expect(heldHere(one)).toBe(0);
  });

  test("with a lock file that a killed push has left is told after a minute, with what to do", async () => {
    const at = here();
    const [one, two] = [at.machine("one"), at.machine("two", { clock: hurried() })];
    await one.acquire("op_1");
    await one.release("op_1");
    await one.locks.settled();
    writeFileSync(join(at.remote, "refs/garza/locks/db.lock"), "");
    expect(await problemOf(two.acquire("op_2"))).toMatchObject({
      kind: "remote-refused",
      hint: expect.stringContaining("garza lock doctor"),
    });
    expect(heldHere(two)).toBe(0);
  });
});

describe("an answer that is lost", () => {
  test.each(["post-receive", "pre-receive"])("by %s at acquire, renewal and release", async (hook) => {
    const at = here();
    const drop = once(at, hook);
    const one = at.machine("one", { settings: { "locks.ttl": "3s" } });
    drop.next();
    expect(await one.acquire("op_1")).toBe(1);
    expect([drop.isDone(), at.record().gen]).toEqual([true, 1]);
    drop.next();
    await until(() => drop.isDone() && one.events.some(({ type }) => type === "renewed"));
    expect([one.status(), at.record().st, lost(one)]).toEqual(["held", "held", []]);
    drop.next();
    await one.release("op_1");
    expect([await one.locks.settled(), drop.isDone(), at.record().st]).toEqual([null, true, "free"]);
    expect(await one.acquire("op_1")).toBe(2);
  });
});

describe("a remote that is gone in the middle", () => {
  const away = (at: Fleet) => renameSync(at.remote, `${at.remote}.away`);
  const back = (at: Fleet) => renameSync(`${at.remote}.away`, at.remote);

  test("ends what works under a lease in time; it is given back when that has ended, and the remote is there again", async () => {
    const at = here();
    const one = at.machine("one", { settings: brief });
    await one.acquire("op_1");
    const began = Date.now();
    away(at);
    await until(() => lost(one).length === 1);
    expect(Date.now() - began).toBeLessThan(1_000 + 300);
    expect(one.locks.until(["op_1"])).toBeUndefined();
    back(at);
    // Its steps may still be on their way to an end.
    expect([one.status(), at.record().st]).toEqual(["held", "held"]);
    await one.release("op_1");
    await until(() => at.record().st === "free");
  });

  test("is owed what was released, also by the next process", async () => {
    const at = here();
    const one = at.machine("one");
    await one.acquire("op_1");
    away(at);
    await one.release("op_1");
    expect(await one.locks.settled()).toMatchObject({ kind: "remote-refused" });
    expect(await one.locks.holder("db")).toBeUndefined();
    const next = await one.again();
    expect(next.status()).toBe("leaving");
    back(at);
    expect([await next.locks.settled(), at.record().st]).toEqual([null, "free"]);
  });

  test("a lease in doubt is asked for again and again, and nobody falls over it", async () => {
    const at = here();
    const one = at.machine("one", { settings: { "locks.ttl": "4s" } });
    await one.acquire("op_1");
    const next = await one.again();
    await next.locks.adopt();
    away(at);
    await next.release("op_1");
    expect(await next.locks.settled()).toMatchObject({ kind: "remote-refused" });
    expect(await next.locks.settled()).toMatchObject({ kind: "remote-refused" });
    back(at);
    await until(() => at.record().st === "free");
  });

  test("one that hangs does not hold up the end", async () => {
    const at = here();
    const sign = join(at.home, "hangs");
    at.hook("pre-receive", `while test -e '${sign}'; do sleep 0.05; done; exit 0`);
    const one = at.machine("one", { settings: brief });
    await one.acquire("op_1");
    writeFileSync(sign, "");
    await until(() => lost(one).length === 1);
    expect(existsSync(sign)).toBe(true);
    rmSync(sign);
    await one.release("op_1");
    await until(() => at.record().st === "free");
  });

  test("a lock whose time is shorter than a push takes is lost at once, not held for ever", async () => {
    const at = here();
    at.hook("pre-receive", "sleep 1.2; exit 0");
    const one = at.machine("one", { settings: brief });
    await one.acquire("op_1");
    await until(() => lost(one).length === 1);
  });
});

test("an unlock of what is just being given back takes nothing from it", async () => {
  const at = here();
  const one = at.machine("one");
  await one.acquire("op_1");
  renameSync(at.remote, `${at.remote}.away`);
  await one.release("op_1");
  await one.locks.settled();
  renameSync(`${at.remote}.away`, at.remote);
  expect(await one.release("op_2")).toBe(false);
  await until(() => at.record().st === "free");
});

test("a remote that is taken out of the configuration leaves the locks of this machine alone", async () => {
  const at = here();
  const one = at.machine("one");
  await one.acquire("op_1");
  at.git(one.root, "remote", "remove", "origin");
  await one.release("op_1");
  expect(await one.locks.settled()).toBeNull();
  expect(await one.acquire("op_2")).toBe(2);
});

/** Sleeps are over at once, and take their time all the same. */
function hurried(): Clock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    async sleep(ms) {
      ahead += ms * 50;
      await Bun.sleep(0);
    },
  };
}
