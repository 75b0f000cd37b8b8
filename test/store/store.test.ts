import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GarzaError } from "../../src/core/problem.ts";
import { openReadOnly, openStore } from "../../src/store/store.ts";

const folder = () => mkdtempSync(join(tmpdir(), "garza-store-"));
const put = (name: string) => (db: import("bun:sqlite").Database) =>
  db.query("insert into meta values (?, 'x')").run(name).changes;

test("writes of one turn share one commit, and one that fails harms no other", async () => {
  const store = openStore(join(folder(), "garza.db"), Date.now);
  const settled = await Promise.allSettled([store.write(put("a")), store.write(put("a")), store.write(put("b"))]);
  expect(settled.map((each) => each.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(store.commits()).toBe(1);
  expect(store.read.query("select name from meta where value = 'x' order by name").values()).toEqual([["a"], ["b"]]);
  store.close();
});

test("every connection is durable: WAL with synchronous FULL", () => {
  const store = openStore(join(folder(), "garza.db"), Date.now);
  const pragma = (name: string) => Object.values(store.read.query(`pragma ${name}`).get() as object)[0];
  expect([pragma("journal_mode"), pragma("synchronous"), pragma("fullfsync")]).toEqual(["wal", 2, 1]);
  store.close();
});

test("a foreign file is reported as damaged and left as it is", async () => {
  const file = join(folder(), "garza.db");
  writeFileSync(file, "this is no database, and it is long enough to be read as a header".repeat(20));
  const before = await Bun.file(file).text();
  expect(() => openStore(file, Date.now)).toThrow(GarzaError);
  expect(await Bun.file(file).text()).toBe(before);
});

test("a database of a newer program is refused", () => {
  const file = join(folder(), "garza.db");
  const store = openStore(file, Date.now);
  store.read.run("update meta set value = '999' where name = 'oldest_binary'");
  store.close();
  expect(() => openStore(file, Date.now)).toThrow("written by a newer garza");
});

test("a status pair that is not in the transition table is refused, and an ended row never changes", () => {
  const store = openStore(join(folder(), "garza.db"), Date.now);
  const db = store.read;
  db.run(`insert into operation (id, template, name, type, template_text, template_hash, asked_by, queued_at)
          values ('op_1', 't', 't', 'deploy', '', '', 'me', 1)`);
  expect(() => db.run("update operation set status = 'success', ended_at = 2")).toThrow("transition not in the table");
  db.run("update operation set status = 'cancelled', ended_at = 2");
  expect(() => db.run("update operation set status = 'running', ended_at = null")).toThrow();
  expect(() => db.run("update operation set error = 'x'")).toThrow("an ended operation never changes");
  store.close();
});

test("there is nothing to read before the first write", () => {
  expect(openReadOnly(join(folder(), "garza.db"))).toBeNull();
});
