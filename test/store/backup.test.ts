import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { backUp, check, copyDatabase } from "../../src/store/backup.ts";
import { listBackups } from "../../src/store/backups.ts";
import { newestVersion } from "../../src/store/migrate.ts";
import first from "../../src/store/migrations/001.sql" with { type: "text" };
import { restore } from "../../src/store/restore.ts";
import { openStore } from "../../src/store/store.ts";
import { sandbox } from "../support/temporary.ts";
import { fingerprint, idsIn, problemIn, writeOperation } from "./rows.ts";

const base = sandbox();
const fresh = () => mkdtempSync(join(base, "data-"));
const day = (number: number) => Date.UTC(2026, 10, number);

test("a backup beside the writer holds every answered write, is checked, and only its owner may read it", async () => {
  const data = fresh();
  const store = openStore(join(data, "garza.db"), Date.now);
  for (const id of ["op_1", "op_2"]) await writeOperation(store, id);
  const made = backUp(join(data, "garza.db"), day(1));
  await writeOperation(store, "op_3");
  expect(made).toEqual({
    file: join(data, "backups/garza-20261101T000000000Z.db"),
    bytes: statSync(made.file).size,
    operations: 2,
  });
  expect(statSync(made.file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(data, "backups"))).toEqual(["garza-20261101T000000000Z.db"]);
  expect(idsIn(store.read)).toEqual(["op_1", "op_2", "op_3"]);
  store.close();
});

test("the seven newest are kept, and those that a person named", () => {
  const data = fresh();
  openStore(join(data, "garza.db"), Date.now).close();
  copyDatabase(join(data, "garza.db"), join(data, "backups/before-the-move.db"));
  for (let number = 1; number <= 9; number++) backUp(join(data, "garza.db"), day(number));
  const days = listBackups(data).map(({ file }) => /garza-202611(\d\d)/.exec(file)?.[1] ?? "named");
  expect(days.sort()).toEqual(["03", "04", "05", "06", "07", "08", "09", "named"]);
});

test("a backup takes no name that is taken, and leaves nothing behind when it can't be made", () => {
  const data = fresh();
  openStore(join(data, "garza.db"), Date.now).close();
  const folder = fresh();
  writeFileSync(join(folder, "a.db"), "mine");
  expect(problemIn(() => copyDatabase(join(data, "garza.db"), join(folder, "a.db")))?.kind).toBe("usage");
  expect(problemIn(() => copyDatabase(join(folder, "a.db"), join(folder, "b.db")))?.kind).toBe("data-damaged");
  expect(problemIn(() => copyDatabase(join(data, "garza.db"), join(folder, "a.db/x.db")))?.kind).toBe("input-output");
  expect(readdirSync(folder)).toEqual(["a.db"]);
  expect(readFileSync(join(folder, "a.db"), "utf8")).toBe("mine");
});

test("an older database is backed up before it is migrated, a new one is not", () => {
  const data = fresh();
  const old = new Database(join(data, "garza.db"));
  old.exec(first);
  old.run("insert into meta values ('version', '1'), ('oldest_binary', '1')");
  old.close();
  openStore(join(data, "garza.db"), () => day(5)).close();
  expect(listBackups(data).map(({ at }) => at)).toEqual(newestVersion > 1 ? [day(5)] : []);
  const versions = listBackups(data).map(({ file }) =>
    new Database(file, { readonly: true }).query("select value from meta where name = 'version'").values(),
  );
  expect(versions.flat(2)).toEqual(newestVersion > 1 ? ["1"] : []);
  openStore(join(data, "garza.db"), () => day(6)).close();
  openStore(join(fresh(), "garza.db"), () => day(6)).close();
  expect(listBackups(data).length).toBe(newestVersion > 1 ? 1 : 0);
});

test("a restored backup is in place, and what was there is kept to the byte", async () => {
  const data = fresh();
  const store = openStore(join(data, "garza.db"), Date.now);
  await writeOperation(store, "op_1");
  const { file } = backUp(join(data, "garza.db"), day(1));
  await writeOperation(store, "op_2");
  store.close();
  const before = fingerprint(data);
  const { operations, aside } = await restore(data, file, systemClock);
  expect(operations).toBe(1);
  expect(check(join(data, "garza.db"))).toBe(1);
  expect(statSync(join(data, "garza.db")).mode & 0o777).toBe(0o600);
  const kept = fingerprint(aside ?? "");
  expect(kept["garza.db"]).toBe(before["garza.db"] ?? "");
  expect(kept["garza.seal"]).toBe(before["garza.seal"] ?? "");
  const again = openStore(join(data, "garza.db"), Date.now);
  expect(idsIn(again.read)).toEqual(["op_1"]);
  again.close();
});

test("a damaged backup is refused, and nothing changes", async () => {
  const data = fresh();
  const store = openStore(join(data, "garza.db"), Date.now);
  for (let count = 10; count < 30; count++) await writeOperation(store, `op_${count}`);
  store.close();
  const { file } = backUp(join(data, "garza.db"), day(1));
  writeFileSync(file, readFileSync(file).fill(0xa5, 8192, 40_000));
  const before = fingerprint(data);
  expect(await restore(data, file, systemClock).catch((thrown) => thrown.problem)).toMatchObject({
    kind: "data-damaged",
    file,
  });
  const { "owner.db": _, ...after } = fingerprint(data);
  expect(after).toEqual(before);
});
