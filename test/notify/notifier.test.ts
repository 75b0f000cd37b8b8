import { beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { Notification, Notifier } from "../../src/notify/notifier.ts";
import { openNotifier } from "../../src/notify/open-notifier.ts";
import { openStore, type Store } from "../../src/store/store.ts";

let log: string;
let store: Store;
let notifier: Notifier;
let heard: string[];

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "garza-notify-"));
  log = join(folder, "notifications.log");
  store = openStore(join(folder, "garza.db"), Date.now);
  await store.write((db) =>
    db.run(
      `insert into operation (id, template, name, type, template_text, template_hash, asked_by, queued_at)
       values ('op_1', 't', 't', 'deploy', '', '', 'alice', 1)`,
    ),
  );
  heard = [];
  const clock = { ...systemClock, now: () => 0 };
  notifier = openNotifier({ store, clock, log, listen: ({ message }) => heard.push(message) });
});

const told = (id: string, more: Partial<Notification> = {}): Notification => ({
  channel: "log",
  priority: "normal",
  message: "it is up",
  id,
  operation: "op_1",
  ...more,
});
const lines = () => readFileSync(log, "utf8").trimEnd().split("\n");

test("the log channel appends a line of JSON to a file of its owner alone", async () => {
  expect(await notifier.send(told("a", { title: "web" }))).toBe("sent");
  expect(await notifier.send(told("b", { message: "two\nlines \u001b[2J\u009b2J \u202e" }))).toBe("sent");
  expect(lines()).toEqual([
    '{"at":"1970-01-01T00:00:00.000Z","channel":"log","priority":"normal","message":"it is up","id":"a","operation":"op_1","title":"web"}',
    '{"at":"1970-01-01T00:00:00.000Z","channel":"log","priority":"normal","message":"two\\nlines \\u001b[2J\\u009b2J \\u202e","id":"b","operation":"op_1"}',
  ]);
  expect(statSync(log).mode & 0o777).toBe(0o600);
  expect(heard).toHaveLength(2);
});

test("a channel that is not configured here goes to the log", async () => {
  expect(notifier.channels()).toEqual(["log"]);
  expect(await notifier.send(told("a", { channel: "slack" }))).toBe("sent");
  expect(JSON.parse(lines()[0] ?? "")).toMatchObject({ channel: "slack" });
});

test("what can't be delivered is kept, and delivered once when it can", async () => {
  mkdirSync(log);
  expect(await notifier.send(told("a"))).toBe("pending");
  expect(await notifier.send(told("a"))).toBe("pending");
  expect(await notifier.send(told("b", { message: "second" }))).toBe("pending");
  expect(await notifier.deliverPending()).toBe(2);
  expect(store.read.query("select id, attempts, done_at from owed order by id").values()).toEqual([
    ["a", 3, null],
    ["b", 2, null],
  ]);
  rmdirSync(log);
  expect([await notifier.deliverPending(), await notifier.deliverPending()]).toEqual([0, 0]);
  expect(heard).toEqual(["it is up", "second"]);
});

test("it never throws, not even when nothing can be kept", async () => {
  mkdirSync(log);
  expect(await notifier.send(told("a", { operation: "op_unknown" }))).toBe("pending");
});
