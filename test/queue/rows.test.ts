/** What the queue keeps, takes over from a dead process, and forgets. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { submission, testQueue } from "../support/queue.ts";

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
const day = 24 * 3600 * 1000;

describe("an idempotency key", () => {
  const keyed = (id: string, more = {}) => submission(id, { idempotency_key: "k", ...more });

  test("answers the same operation for the same request, also within one batch and after its end", async () => {
    expect(await box.queue.submit([keyed("a"), keyed("b")])).toEqual([
      { id: "a", isNew: true },
      { id: "a", isNew: false },
    ]);
    await box.next();
    await box.end("a");
    expect(await box.queue.submit([keyed("c")])).toEqual([{ id: "a", isNew: false }]);
    expect(box.queue.operation("c")).toBeNull();
  });

  test("is refused for another request, and the rest of the batch with it", async () => {
    await box.queue.submit([keyed("a")]);
    const other = [submission("b"), keyed("c", { parameters: '{"x":1}' })];
    expect(box.queue.submit(other)).rejects.toThrow("key k belongs to another request (a)");
    await box.queue.submit([submission("d")]);
    expect(box.queue.operation("b")).toBeNull();
  });

  test("is free again a week after its operation, but not before that has ended", async () => {
    await box.queue.submit([keyed("a")]);
    box.clock.now += 8 * day;
    expect(await box.queue.submit([keyed("b")])).toEqual([{ id: "a", isNew: false }]);
    await box.next();
    await box.end("a");
    expect(await box.queue.submit([keyed("b", { parameters: '{"x":1}' })])).toEqual([{ id: "b", isNew: true }]);
    expect(box.row("a").idempotency_key).toBeNull();
  });
});

describe("what a dead process left running", () => {
  const step = (operation: string, token: string, type = "command") =>
    box.store.write((db) =>
      db
        .query(
          "insert into step (operation, sequence, key, name, step_type, phase, attempt, token, intent, started_at) select ?1, coalesce(max(sequence), 0) + 1, ?2, ?2, ?3, 'steps', 1, ?2, '{}', 1 from step where operation = ?1",
        )
        .run(operation, token, type),
    );
  const die = async (boot = "b1") => {
    await box.queue.takeOver(boot);
    return box.row("a").deaths;
  };

  test("goes back into the queue, to be carried on before anything new", async () => {
    await box.add("a");
    await box.next();
    await box.add("b", { priority: 9 });
    expect(await box.queue.takeOver("b1")).toEqual(["a"]);
    expect(await box.queue.takeOver("b1")).toEqual([]);
    expect(box.row("a")).toMatchObject({ status: "queued", reason: "process_died", epoch: 1 });
    expect(await box.next()).toBe("a");
    expect(box.row("a").epoch).toBe(2);
  });

  test("counts deaths in the same attempt of the same step, and no others", async () => {
    await box.add("a");
    await box.next();
    await step("a", "t1");
    expect(await die()).toBe(1);
    await box.next();
    expect(await die()).toBe(2);
    await box.next();
    await box.store.write((db) => db.run("update step set status = 'unknown', ended_at = 1"));
    await step("a", "t2");
    expect(await die()).toBe(1);
  });

  test("does not count a reboot, nor a death while it only waited", async () => {
    await box.add("a");
    await box.next();
    await step("a", "t1");
    expect(await die("b2")).toBe(0);
    await box.store.write((db) => db.run("update step set step_type = 'wait_for'"));
    await box.next();
    expect(await die()).toBe(0);
  });
});

describe("forgetting", () => {
  const finish = async (id: string, more = {}) => {
    await box.add(id, more);
    await box.queue.claim(id, { machine: "m", boot: "b", instance: "i", pid: 1 });
    await box.end(id);
  };

  test("takes what ended long ago with all that ran within it, and leaves no row of it", async () => {
    await finish("old");
    await finish("nested", { parent: "old", parent_step: "s@1" });
    box.clock.now += 10 * day;
    await finish("new");
    await box.add("waits");
    expect((await box.queue.prune({ since: box.clock.now - day, count: 100 })).sort()).toEqual(["nested", "old"]);
    expect(await box.queue.prune({ since: box.clock.now - day, count: 100 })).toEqual([]);
    const ids = box.store.read.query("select distinct operation from event order by 1").values().flat();
    expect(ids).toEqual(["new", "waits"]);
  });

  test("keeps so many, whatever their age, and never what has not ended or is referred to", async () => {
    await box.add("waits");
    for (const id of ["a", "b", "c", "d"]) await finish(id, id === "c" ? { retry_of: "a" } : {});
    expect((await box.queue.prune({ since: 0, count: 1 })).sort()).toEqual(["b", "c"]);
    expect(await box.queue.prune({ since: 0, count: 1 })).toEqual(["a"]);
    expect(await box.queue.prune({ since: 0, count: 1 })).toEqual([]);
    expect(box.row("waits").status).toBe("queued");
    expect(box.row("d").status).toBe("success");
  });

  test("keeps what still owes a notification", async () => {
    await finish("a");
    await finish("b");
    await box.store.write((db) =>
      db.run("insert into owed (id, operation, kind, body, owed_at) values ('n', 'a', 'notification', '{}', 1)"),
    );
    expect(await box.queue.prune({ since: 0, count: 1 })).toEqual([]);
    await box.store.write((db) => db.run("update owed set done_at = 1"));
    expect(await box.queue.prune({ since: 0, count: 1 })).toEqual(["a"]);
  });
});

test("an ended row never changes, and a status goes only where the table says", async () => {
  await box.add("a");
  const change = (sql: string) => box.store.write((db) => db.run(sql));
  expect(change("update operation set status = 'success', ended_at = 1")).rejects.toThrow("transition");
  await box.next();
  await box.end("a");
  expect(change("update operation set error = 'x'")).rejects.toThrow("never changes");
  expect(change("update operation set status = 'running', owner = '{}', ended_at = null")).rejects.toThrow();
});

/** Asked for every operation, or by everybody who waits: none of these may look through the table. */
const hot = [
  "append-event",
  "candidate",
  "candidate-of",
  "candidate-oldest",
  "claim-one",
  "end",
  "ends-before",
  "expired",
  "in-group",
  "list-status",
  "next-wake",
  "prunable",
  "queued",
  "requeue",
  "running",
  "wake-due",
  "wake-first",
  "waiting-keys",
];

test.each(hot)("the plan of %s looks into an index", (name) => {
  const sql = readFileSync(join(import.meta.dir, `../../src/queue/${name}.sql`), "utf8");
  const names = [...new Set(sql.match(/\$\w+/g) ?? [])];
  const values = Object.fromEntries(names.map((each) => [each.slice(1), each === "$ids" ? "[]" : 1]));
  const plan = box.store.read.query<{ detail: string }, typeof values>(`explain query plan ${sql}`).all(values);
  const lines = plan.map(({ detail }) => detail);
  expect(lines.length).toBeGreaterThan(0);
  expect(
    lines.filter((line) => /^SCAN (operation|event|step)\b/.test(line) && !/USING (COVERING )?INDEX/.test(line)),
  ).toEqual([]);
  expect(lines.filter((line) => line.includes("TEMP B-TREE") && name !== "candidate-of")).toEqual([]);
});

test("every query of the queue is in a file, and every file is used", () => {
  const folderOf = join(import.meta.dir, "../../src/queue");
  const names = readdirSync(folderOf);
  const sources = names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folderOf, name), "utf8"));
  const unused = names.filter(
    (name) => name.endsWith(".sql") && !sources.some((source) => source.includes(`"./${name}"`)),
  );
  expect(unused).toEqual([]);
});
