import { beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { Mapping } from "../../src/core/value.ts";
import type { Locks } from "../../src/locks/locks.ts";
import { openNotifier } from "../../src/notify/open-notifier.ts";
import { lock } from "../../src/steps/lock.ts";
import { notification } from "../../src/steps/notification.ts";
import { done } from "../../src/steps/step.ts";
import { unlock } from "../../src/steps/unlock.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { locksHere } from "../support/locks.ts";
import { configured, runStep, type Surroundings, stepContext, temporaryRoot } from "../support/step-context.ts";

let root: string;
let store: Store;
let locks: Locks;
beforeEach(() => {
  root = temporaryRoot();
  store = openStore(join(root, "garza.db"), Date.now);
  locks = locksHere(store, root);
});

const steps = { token: 0 };
/** A context of an operation; each step has a token of its own. */
const within = (id: string, more: Surroundings = {}) =>
  stepContext({ locks, operation: { id, name: "t", type: "deploy" }, token: `t${steps.token++}`, ...more });
const take = (id: string, keys: Mapping = {}, more: Surroundings = {}) =>
  runStep(lock, { resource: "db", ...keys }, within(id, more));
const give = (id: string, keys: Mapping = {}, more: Surroundings = {}) =>
  runStep(unlock, { resource: "db", ...keys }, within(id, more));

describe("lock and unlock", () => {
  test("the token is the value of lock, whether it was held that of unlock", async () => {
    expect(await take("op_1")).toEqual(done(1));
    expect(await give("op_1")).toEqual(done(true));
    expect(await give("op_1")).toEqual(done(false));
    expect(await take("op_2")).toEqual(done(2));
  });

  test("metadata says who, what and why; what comes out empty counts as not written", async () => {
    const metadata = { operator: "${who}", operation: "deploy ${app}", reason: "${unset}" };
    await take("op_1", { metadata, ttl: "10m" }, { names: { who: "bob", app: "web" } });
    expect(await locks.holder("db")).toMatchObject({ operator: "bob", label: "deploy web", ttlSeconds: 600 });
    expect(await locks.holder("db")).not.toHaveProperty("reason");
  });

  test("another operation's lock fails the step at once, or after the wait, which it tells of", async () => {
    await take("op_1", { metadata: { operator: "bob" } });
    await expect(take("op_2")).rejects.toThrow("lock db is held by bob (operation op_1)");
    const waiting = within("op_2");
    await expect(runStep(lock, { resource: "db", wait: "5ms" }, waiting)).rejects.toThrow("held by bob");
    expect(waiting.said).toEqual(["lock db is held by bob (operation op_1); waiting"]);
  });

  test("a wait ends when the lock is given back", async () => {
    await take("op_1");
    const second = take("op_2", { wait: 60 });
    await give("op_1");
    expect(await second).toEqual(done(2));
  });

  test("a step that is run again after a crash holds the lock once", async () => {
    const context = within("op_1");
    expect([
      await runStep(lock, { resource: "db" }, context),
      await runStep(lock, { resource: "db" }, context),
    ]).toEqual([done(1), done(1)]);
    await give("op_1");
    expect(await locks.holder("db")).toBeUndefined();
  });

  test("another's lock can't be freed, and in a rollback that is no failure", async () => {
    await take("op_1");
    await expect(give("op_2")).rejects.toThrow("held by");
    await expect(give("op_2", { force: true })).rejects.toThrow("held by");
    expect(await give("op_2", { force: true }, { rollingBack: true })).toEqual(done(false));
    expect((await locks.holder("db"))?.operation).toBe("op_1");
  });

  test("by force it is taken from an operation that has ended, but not by a rollback", async () => {
    await store.write((db) =>
      db.run(
        `insert into operation (id, template, name, type, template_text, template_hash, asked_by, status, queued_at, ended_at)
         values ('op_1', 't', 't', 'deploy', '', '', 'alice', 'failed', 1, 1)`,
      ),
    );
    await take("op_1");
    expect(await give("op_2", { force: true }, { rollingBack: true })).toEqual(done(false));
    expect(await give("op_2", { force: true })).toEqual(done(true));
  });

  test("their plans name the resource", () => {
    const plan = { ...within("op_1"), decide: () => null };
    expect(lock.plan(configured(lock, { resource: "db", wait: 90 }), plan)).toEqual([
      { label: "lock", text: "db (waits up to 90s)" },
    ]);
    expect(unlock.plan(configured(unlock, { resource: "db", force: "true" }), plan)).toEqual([
      { label: "unlock", text: "db (by force)" },
    ]);
  });
});

describe("notification", () => {
  const tell = async (keys: Mapping) => {
    const notifier = openNotifier({ store, clock: systemClock, log: join(root, "notifications.log") });
    const context = within("op_1", { notifier, names: { app: "web" } });
    return { outcome: await runStep(notification, keys, context), warned: context.warned };
  };

  test("is sent with an id that stays the same", async () => {
    expect(await tell({ message: "${app} is up", title: "deploy", priority: "high" })).toEqual({
      outcome: done("sent"),
      warned: [],
    });
    expect(await tell({ message: "${app} is up", channel: "slack" })).toEqual({
      outcome: done("sent"),
      warned: ["channel slack is not configured here; the message goes to log"],
    });
    const lines = (await Bun.file(join(root, "notifications.log")).text()).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { id: "op_1:steps/step", channel: "log", priority: "high", title: "deploy", message: "web is up" },
      { id: "op_1:steps/step", channel: "slack", priority: "normal" },
    ]);
  });
});
