import { expect, test } from "bun:test";
import { mostWaiting, openTurns } from "../../src/api/turns.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { GarzaError } from "../../src/core/problem.ts";

/** Time passes only by work, and by pauses of the turns themselves; `pauses` are those. */
function world() {
  let now = 0;
  const pauses: number[] = [];
  const never = 250;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => now,
    async sleep(ms, signal) {
      if (ms === never)
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      pauses.push(ms);
      now += ms;
    },
  };
  const begun: string[] = [];
  const turns = openTurns(clock);
  const ask = (name: string, ms: number, kind: "change" | "question" = "question") =>
    turns.take(kind, async () => {
      begun.push(name);
      now += ms;
      return name;
    });
  return { ask, begun, pauses, turns };
}

const named = (word: string, count: number) => Array.from({ length: count }, (_, n) => `${word}${n}`);

test("what takes little is begun together, in its order, and nobody waits for it", async () => {
  const { ask, begun, pauses } = world();
  const names = named("q", 100);
  expect(await Promise.all(names.map((name) => ask(name, 0.1)))).toEqual(names);
  expect(begun).toEqual(names);
  expect(pauses).toEqual([]);
});

test("what takes long comes one at a time, with a quarter of that time for operations behind each", async () => {
  const { ask, pauses } = world();
  const all = named("q", 5).map((name) => ask(name, 40));
  await all[4];
  expect(pauses).toEqual([10, 10, 10, 10]);
});

test("changes go before questions that came earlier, and one question goes with them", async () => {
  const { ask, begun } = world();
  const questions = named("q", 3).map((name) => ask(name, 40));
  const changes = named("c", 2).map((name) => ask(name, 40, "change"));
  await Promise.all([...questions, ...changes]);
  expect(begun).toEqual(["q0", "c0", "q1", "c1", "q2"]);
});

test("who pauses long enough by itself is not made to", async () => {
  const { ask, pauses } = world();
  await ask("one", 16);
  await ask("other", 3);
  expect(pauses).toEqual([]);
});

test("one that fails, or never ends, keeps no other from its turn", async () => {
  const turns = openTurns({ ...systemClock, sleep: async () => {} });
  const stuck = turns.take("question", () => new Promise(() => {}));
  const failing = turns.take("question", () => Promise.reject(new Error("this one")));
  await expect(failing).rejects.toThrow("this one");
  expect(await turns.take("question", async () => "its turn")).toBe("its turn");
  expect(await Promise.race([stuck, Promise.resolve("still stuck")])).toBe("still stuck");
});

test("more than can wait are refused at once", async () => {
  const { turns } = world();
  const hold = Promise.withResolvers<void>();
  const all = Array.from({ length: mostWaiting + 1 }, () => turns.take("question", () => hold.promise));
  const refused = () => turns.take("change", () => hold.promise);
  expect(refused).toThrow(GarzaError);
  expect(refused).toThrow(`${mostWaiting} requests wait for the agent. Try again`);
  hold.resolve();
  await Promise.all(all);
  await turns.take("change", async () => {});
});
