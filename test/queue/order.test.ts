/** What is claimed next, and what has to wait for what. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimant, submission, testQueue } from "../support/queue.ts";

let folder: string;
let box: ReturnType<typeof testQueue>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "garza-queue-"));
  box = testQueue(folder, { pair: 2 });
});
afterEach(() => {
  box.store.close();
  rmSync(folder, { recursive: true });
});

const drain = async () => {
  const ids: string[] = [];
  for (let id = await box.next(); id !== null; id = await box.next()) ids.push(id);
  return ids;
};

test("the higher priority goes first, then who came first", async () => {
  for (const [id, priority] of [
    ["a", 5],
    ["b", 9],
    ["c", 0],
    ["d", 9],
    ["e", 5],
  ] as const)
    await box.add(id, { priority });
  expect(await drain()).toEqual(["b", "d", "a", "e", "c"]);
});

test("a batch is accepted whole or not at all, in its order", async () => {
  await box.queue.submit([submission("a"), submission("b", { priority: 7 }), submission("c")]);
  expect(box.queue.submit([submission("d"), submission("a")])).rejects.toThrow();
  expect(await drain()).toEqual(["b", "a", "c"]);
  expect(box.queue.operation("d")).toBeNull();
});

test("what was begun and stands back comes before anything new", async () => {
  await box.add("begun", { priority: 0 });
  await box.next();
  await box.add("urgent", { priority: 9 });
  await box.queue.standBack({ id: "begun", epoch: 1 }, { reason: "drained", waitingFor: null, wakeAt: null });
  expect(await drain()).toEqual(["begun", "urgent"]);
  expect(box.row("begun").epoch).toBe(2);
});

test("an operation that has waited too long goes first when it is asked for, and only then", async () => {
  await box.add("old", { priority: 0 });
  box.clock.now += 60_000;
  for (const id of ["u1", "u2", "u3"]) await box.add(id, { priority: 9 });
  expect(await box.next()).toBe("u1");
  expect(await box.next({ overdueBefore: box.clock.now - 61_000 })).toBe("u2");
  expect(await box.next({ overdueBefore: box.clock.now - 59_000 })).toBe("old");
});

test("who runs only its own claims nothing else", async () => {
  for (const id of ["a", "b", "c"]) await box.add(id);
  expect(await box.next({ ids: ["c", "x"] })).toBe("c");
  expect(await box.next({ ids: ["c", "x"] })).toBeNull();
});

describe("a concurrency group", () => {
  test("lets so many run at once, and the most urgent of the others when one has ended", async () => {
    for (const id of ["a", "b", "c"]) await box.add(id, { concurrency_group: "pair" });
    await box.add("urgent", { concurrency_group: "pair", priority: 9 });
    await box.add("other", { priority: 0 });
    expect(await drain()).toEqual(["urgent", "a", "other"]);
    expect(box.row("b").waiting_for).toBe("group:pair");
    await box.end("a");
    expect(await drain()).toEqual(["b"]);
    await box.end("urgent");
    await box.end("b");
    expect(await drain()).toEqual(["c"]);
  });

  test("has no room for another while one of it only waits for a lock", async () => {
    for (const id of ["a", "b"]) await box.add(id, { concurrency_group: "one" });
    await box.next();
    await box.store.write((db) =>
      db.run(
        "insert into lock (resource, token, operation, operator, held_since, depth) values ('r', 1, 'x', 'x', 1, 1)",
      ),
    );
    await box.queue.standBack({ id: "a", epoch: 1 }, { reason: "lock", waitingFor: "lock:r", wakeAt: null });
    expect(await drain()).toEqual([]);
    await box.store.write((db) => db.run("update lock set operation = null, held_since = null, depth = 0"));
    await box.queue.wake("lock:r");
    expect(await drain()).toEqual(["a"]);
    await box.end("a");
    expect(await drain()).toEqual(["b"]);
  });

  test("gives the place of an interrupted one away", async () => {
    for (const id of ["a", "b"]) await box.add(id, { concurrency_group: "one" });
    await box.next();
    const found = { reason: "unknown", error: "", failed_step: null, attention: "look" };
    await box.queue.interrupt({ id: "a", epoch: 1 }, found);
    expect(await drain()).toEqual(["b"]);
  });

  test("is not blocked for ever when the one that was woken is cancelled", async () => {
    for (const id of ["a", "b", "c"]) await box.add(id, { concurrency_group: "one" });
    expect(await drain()).toEqual(["a"]);
    await box.end("a");
    expect(await box.queue.requestCancel("b", "ada")).toBe(true);
    expect(await drain()).toEqual(["c"]);
  });
});

test("an exclusive operation waits for all others, and all others for it", async () => {
  await box.add("a");
  await box.next();
  await box.add("alone", { exclusive: 1, priority: 9 });
  await box.add("b");
  expect(await drain()).toEqual([]);
  await box.end("a");
  expect(await drain()).toEqual(["alone"]);
  await box.end("alone");
  expect(await drain()).toEqual(["b"]);
});

describe("a pause", () => {
  const pause = (template: string) => box.queue.pause({ template, by: "ada", since: 1, reason: null });

  test("of the queue holds back what has not begun, and nothing else", async () => {
    await box.add("begun");
    await box.next();
    await box.queue.standBack({ id: "begun", epoch: 1 }, { reason: "drained", waitingFor: null, wakeAt: null });
    await box.add("new");
    await pause("");
    expect(await drain()).toEqual(["begun"]);
    expect(await box.queue.unpause("")).toBe(true);
    expect(await drain()).toEqual(["new"]);
    expect(await box.queue.unpause("")).toBe(false);
  });

  test("of a template lets others pass, also those that are added later", async () => {
    for (let count = 0; count < 500; count++) await box.add(`p${count}`);
    await pause("deploy/web");
    await box.add("later");
    await box.add("other", { template: "maintain/x", priority: 0 });
    expect(await drain()).toEqual(["other"]);
    expect(box.row("later").waiting_for).toBe("pause:deploy/web");
    await box.queue.unpause("deploy/web");
    expect((await drain()).length).toBe(501);
  });
});

describe("time", () => {
  test("wakes what is not to run before", async () => {
    await box.add("early", { not_before: box.clock.now + 1000 });
    expect(await drain()).toEqual([]);
    expect(box.queue.nextTime()).toBe(box.clock.now + 1000);
    box.clock.now += 1000;
    expect(await box.queue.passTime()).toEqual([]);
    expect(await drain()).toEqual(["early"]);
  });

  test("ends what was not begun in time, once, and says so", async () => {
    const not_after = box.clock.now + 1000;
    await box.add("late", { not_after });
    await box.add("in-time", { not_after });
    expect(await box.next()).toBe("late");
    box.clock.now += 2000;
    expect(await box.queue.passTime()).toEqual(["in-time"]);
    expect(await box.queue.passTime()).toEqual([]);
    expect(box.row("in-time")).toMatchObject({ status: "failed", reason: "expired" });
    expect(box.row("late").status).toBe("running");
  });
});

test("a lock that became free while its waiter stood back wakes it all the same", async () => {
  await box.add("a");
  await box.next();
  await box.queue.standBack({ id: "a", epoch: 1 }, { reason: "lock", waitingFor: "lock:free", wakeAt: null });
  expect(await drain()).toEqual(["a"]);
});

test("a holder that has lost its claim changes nothing", async () => {
  await box.add("a");
  await box.next();
  await box.queue.standBack({ id: "a", epoch: 1 }, { reason: "drained", waitingFor: null, wakeAt: null });
  await box.next();
  const none = { reason: null, error: null, failed_step: null, attention: null };
  const end = { status: "success", rollback: "none", duration_ms: 1, ...none } as const;
  expect(box.queue.end({ id: "a", epoch: 1 }, end)).rejects.toThrow("no longer ours");
  await box.queue.end({ id: "a", epoch: 2 }, end);
  expect(box.queue.end({ id: "a", epoch: 2 }, end)).rejects.toThrow("no longer ours");
  expect(box.queue.claim("a", claimant)).rejects.toThrow("is not waiting");
});
