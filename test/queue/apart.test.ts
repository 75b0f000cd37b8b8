/** What has to be alone on its hosts: what is claimed beside it, and what waits, in which order. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../../src/queue/reasons.ts";
import { testQueue } from "../support/queue.ts";

let folder: string;
let box: ReturnType<typeof testQueue>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "garza-queue-"));
  box = testQueue(folder);
});
afterEach(() => {
  box.store.close();
  rmSync(folder, { recursive: true });
});

const add = (id: string, hosts: string[], more = {}) =>
  box.add(id, { hosts: JSON.stringify(hosts), name: id, ...more });
const alone = (id: string, hosts: string[], more = {}) => add(id, hosts, { exclusive: 1, ...more });
const drain = async (more: { ids?: string[]; overdueBefore?: number } = {}) => {
  const ids: string[] = [];
  for (let id = await box.next(more); id !== null; id = await box.next(more)) ids.push(id);
  return ids;
};
const why = (id: string) => reasonOf(box.store.read, box.row(id), { groupLimit: () => 1, workers: 9 });

test("beside it the others go on, but none on a host of its own, by whichever name", async () => {
  await alone("alone", ["web", "10.0.0.1"]);
  expect(await drain()).toEqual(["alone"]);
  for (const [id, ...hosts] of [
    ["same", "web"],
    ["address", "10.0.0.1"],
    ["other", "db"],
    ["any", "*"],
    ["none"],
  ] as const)
    await add(id, hosts.slice());
  expect(await drain()).toEqual(["other", "none"]);
  expect([why("same"), why("address"), why("any")]).toEqual([
    "alone (alone) has to be alone on web, and runs there",
    "alone (alone) has to be alone on 10.0.0.1, and runs there",
    "alone (alone) has to be alone on web, and runs there",
  ]);
  await box.end("alone");
  expect(await drain()).toEqual(["same", "address", "any"]);
});

test("it waits for who is there, and who comes after it does not overtake it there", async () => {
  await add("first", ["web"]);
  await add("second", ["web"]);
  expect(await drain()).toEqual(["first", "second"]);
  await alone("alone", ["web"]);
  await add("later", ["web"]);
  await add("elsewhere", ["db"]);
  await add("urgent", ["web"], { priority: 9 });
  expect(await drain()).toEqual(["urgent", "elsewhere"]);
  expect([why("alone"), why("later")]).toEqual([
    "it has to be alone on web, where first (first) runs",
    "alone (alone) is before it, and waits to be alone on web",
  ]);
  for (const id of ["first", "second", "urgent"]) {
    expect(await drain()).toEqual([]);
    await box.end(id);
  }
  expect(await drain()).toEqual(["alone"]);
  await box.end("alone");
  expect(await drain()).toEqual(["later"]);
});

test("of two on several hosts each has all of its own, and they don't wait for each other in a ring", async () => {
  await alone("a", ["web", "db"]);
  await alone("b", ["db", "cache"]);
  await alone("c", ["cache", "web"]);
  await alone("d", ["mail"]);
  expect(await drain()).toEqual(["a", "d"]);
  await box.end("a");
  expect(await drain()).toEqual(["b"]);
  await box.end("b");
  expect(await drain()).toEqual(["c"]);
});

const held =
  "insert into lock (resource, token, operation, operator, held_since, depth) values ('r', 1, 'x', 'x', 1, 1)";
const standBack = async (id: string) => {
  await box.store.write((db) => db.run(held));
  await box.queue.standBack({ id, epoch: 1 }, { reason: "lock", waitingFor: "lock:r", wakeAt: null });
};

test("one that waits for a lock keeps its host", async () => {
  await alone("alone", ["web"]);
  await box.next();
  await add("other", ["web"]);
  await standBack("alone");
  expect(await drain()).toEqual([]);
  await box.queue.wake("lock:r");
  expect(await drain()).toEqual(["alone"]);
});

test("one that does not say where it works is beside nobody who has to be alone", async () => {
  await alone("alone", ["*"]);
  expect(await drain()).toEqual(["alone"]);
  await add("other", ["web"]);
  expect(await drain()).toEqual([]);
});

describe("one that a person lets go on again", () => {
  beforeEach(async () => {
    await add("left", ["web"]);
    await box.next();
    const found = { reason: "unknown", error: "", failed_step: null, attention: "look" };
    await box.queue.interrupt({ id: "left", epoch: 1 }, found);
    await alone("alone", ["web"]);
    expect(await drain()).toEqual(["alone"]);
    const goOn = "update operation set status = 'queued', attention = null where id = 'left'";
    await box.store.write((db) => db.run(goOn));
  });

  test("waits for who has the host by now", async () => {
    expect(await drain()).toEqual([]);
    expect(why("left")).toBe("alone (alone) has to be alone on web, and runs there");
    await box.end("alone");
    expect(await drain()).toEqual(["left"]);
  });

  test("goes on where that one waits for a lock, which may be its own", async () => {
    await standBack("alone");
    expect(await drain()).toEqual(["left"]);
  });
});

test("who runs only its own does not wait for one that it would never begin", async () => {
  await add("runs", ["web"]);
  await box.next();
  await alone("others", ["web"]);
  await add("own", ["web"]);
  expect(await drain({ ids: ["own"] })).toEqual(["own"]);
});

test("one that has waited too long goes first only where nobody is alone", async () => {
  await add("old", ["web"], { priority: 0 });
  box.clock.now += 60_000;
  await alone("alone", ["web"], { priority: 9 });
  await add("new", ["db"], { priority: 9 });
  expect(await box.next()).toBe("alone");
  expect(await box.next({ overdueBefore: box.clock.now - 1 })).toBe("new");
  await box.end("alone");
  expect(await box.next({ overdueBefore: box.clock.now - 1 })).toBe("old");
});
