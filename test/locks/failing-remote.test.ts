/** What becomes of locks when the remote refuses, loses its answers, hangs or is gone. */
import { expect, test } from "bun:test";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { moveNow } from "../support/lock-attacks.ts";
import { type Fleet, fleets, type Machine, problemOf } from "../support/machines.ts";
import { sandbox, until } from "../support/temporary.ts";
import { overEach } from "../support/transports.ts";

const here = fleets(sandbox());

const brief = { "locks.ttl": "1s" };
const lost = ({ events }: Machine) => events.filter(({ type }) => type === "lost");
const heldHere = ({ db }: Machine) => db.read.query("select 1 from lock where operation is not null").all().length;

/** The hook kills the push that it belongs to, once for every `next`. */
const killed = (at: Fleet, hook: string) => {
  const sign = join(at.home, hook);
  at.hook(hook, `if rm '${sign}' 2>/dev/null; then kill -9 $PPID; fi; exit 0`);
  const isDone = () => !existsSync(sign);
  return () => {
    writeFileSync(sign, "");
    return { isDone };
  };
};

overEach((open) => {
  test("where nobody is there is no lock, here as well", async () => {
    const one = here(open()).machine("one", { url: open().nowhere });
    const kind = open().name === "file" ? "remote-refused" : "remote-unreachable";
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind });
    expect([heldHere(one), one.status() ?? "free"]).toEqual([0, "free"]);
  });

  test.each([
    ["pre-receive", "pre-receive hook declined"],
    ["update", "hook declined"],
  ])("what refuses by its %s hook is told as it says", async (name, why) => {
    const at = here(open());
    const one = at.machine("one");
    at.hook(name, "exit 1");
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind: "remote-unreachable", why });
    expect([heldHere(one), one.status()]).toEqual([0, "free"]);
  });

  test("what takes no push, and says no rule, is tried three times and not for ever", async () => {
    const at = here(open());
    const one = at.machine("one");
    at.hook("pre-receive", "echo x >> tries; kill -9 $PPID");
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind: "remote-unreachable" });
    expect(await Bun.file(join(at.remote, "tries")).text()).toBe("x\n".repeat(3));
    at.hook("pre-receive", "exit 0");
    await until(() => one.status() === "free");
    expect(heldHere(one)).toBe(0);
  });

  test("what hangs is left after a while: there is no lock, and what may have been taken is given back", async () => {
    const at = here(open());
    const one = at.machine("one", { limitMs: 6_000 });
    open().hang(at.remote);
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({
      kind: "remote-unreachable",
      why: "no answer within 6 s",
    });
    expect([heldHere(one), one.status()]).toEqual([0, "leaving"]);
    open().back(at.remote);
    await until(() => one.status() === "free");
    expect(await one.acquire("op_2")).toBeGreaterThan(0);
  });

  test("a line that falls silent is left after a while; nothing was asked for, and nothing is owed", async () => {
    const { fallSilent } = open();
    if (!fallSilent) return;
    const at = here(open());
    const one = at.machine("one", { limitMs: 6_000 });
    fallSilent();
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({
      kind: "remote-unreachable",
      why: "no answer within 6 s",
    });
    expect([heldHere(one), one.status()]).toEqual([0, undefined]);
    open().back(at.remote);
    expect(await one.acquire("op_2")).toBe(1);
  });

  test.each(["on its way", "post-receive", "pre-receive"])(
    "an answer that is lost (%s) at acquire, renewal and release",
    async (how) => {
      const at = here(open());
      const drop = how === "on its way" ? () => open().loseAnswer(at.remote) : killed(at, how);
      const one = at.machine("one");
      const first = drop();
      expect(await one.acquire("op_1")).toBe(1);
      expect([first.isDone(), at.record().gen]).toEqual([true, 1]);
      const second = drop();
      expect((await moveNow(one, "db")).get("db")).toEqual({ kind: "moved" });
      expect([second.isDone(), one.status(), at.record().st, at.record().seq]).toEqual([true, "held", "held", 1]);
      const third = drop();
      await one.release("op_1");
      expect([await one.locks.settled(), third.isDone(), at.record().st]).toEqual([null, true, "free"]);
      expect(await one.acquire("op_1")).toBe(2);
    },
  );

  test("one that goes ends what works under a lease in time; it is given back when that has ended, and the remote is there again", async () => {
    const at = here(open());
    const one = at.machine("one", { settings: brief });
    await one.acquire("op_1");
    // By a timer of the same process: one that stands still as a whole is late for both.
    let isLate = false;
    let wasLate: boolean | undefined;
    const late = setTimeout(() => {
      isLate = true;
    }, 1_000 + 300);
    one.locks.listen(({ type }) => {
      if (type === "lost") wasLate ??= isLate;
    });
    open().away(at.remote);
    await until(() => lost(one).length === 1);
    clearTimeout(late);
    expect(wasLate).toBe(false);
    expect(one.locks.until(["op_1"])).toBeUndefined();
    open().back(at.remote);
    // Its steps may still be on their way to an end.
    expect([one.status(), at.record().st]).toEqual(["held", "held"]);
    await one.release("op_1");
    await until(() => at.record().st === "free");
  });

  test("one that is gone is owed what was released, also by the next process", async () => {
    const at = here(open());
    const one = at.machine("one");
    await one.acquire("op_1");
    open().away(at.remote);
    await one.release("op_1");
    const kind = open().name === "file" ? "remote-refused" : "remote-unreachable";
    expect(await one.locks.settled()).toMatchObject({ kind });
    expect(await one.locks.holder("db")).toBeUndefined();
    const next = await one.again();
    expect(next.status()).toBe("leaving");
    open().back(at.remote);
    expect([await next.locks.settled(), at.record().st]).toEqual([null, "free"]);
  });

  test("one that hangs does not hold up the end", async () => {
    const at = here(open());
    const one = at.machine("one", { settings: brief });
    await one.acquire("op_1");
    open().hang(at.remote);
    await until(() => lost(one).length === 1);
    expect(at.record().seq).toBe(0);
    open().back(at.remote);
    await one.release("op_1");
    await until(() => at.record().st === "free");
  });
});

test("a transport that is a command line is none that may be used", async () => {
  const one = here().machine("one", { url: "ext::sh -c 'touch owned'" });
  expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind: "remote-unreachable" });
  expect([heldHere(one), existsSync(join(one.root, "owned"))]).toEqual([0, false]);
});

test("a remote with a lock file that a killed push has left is told after a minute, with what to do", async () => {
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

test("a lease in doubt is asked for again and again, and nobody falls over it", async () => {
  const at = here();
  const one = at.machine("one", { settings: { "locks.ttl": "4s" } });
  await one.acquire("op_1");
  const next = await one.again();
  await next.locks.adopt();
  renameSync(at.remote, `${at.remote}.away`);
  await next.release("op_1");
  expect(await next.locks.settled()).toMatchObject({ kind: "remote-refused" });
  expect(await next.locks.settled()).toMatchObject({ kind: "remote-refused" });
  renameSync(`${at.remote}.away`, at.remote);
  await until(() => at.record().st === "free");
});

test("a lock whose time is shorter than a push takes is lost at once, not held for ever", async () => {
  const at = here();
  at.hook("pre-receive", "sleep 1.2; exit 0");
  const one = at.machine("one", { settings: brief });
  await one.acquire("op_1");
  await until(() => lost(one).length === 1);
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
