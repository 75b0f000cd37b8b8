import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GarzaError, describe as say } from "../../src/core/problem.ts";
import { backUp } from "../../src/store/backup.ts";
import { openReadOnly, openStore, type Trouble } from "../../src/store/store.ts";
import { sandbox } from "../support/temporary.ts";
import { fingerprint, idsIn, problemIn, writeOperation } from "./rows.ts";

const base = sandbox();
const page = 4096;

/** A data folder with twenty operations; closed in order, or left as a crash leaves it. */
async function filled(end: "closed" | "crashed" = "closed"): Promise<{ folder: string; file: string }> {
  const folder = mkdtempSync(join(base, "data-"));
  const file = join(folder, "garza.db");
  const store = openStore(file, Date.now, { reserveBytes: page });
  for (let count = 10; count < 30; count++) await writeOperation(store, `op_${count}`);
  if (end === "crashed") {
    // The log and all, as they are on the disk while it runs; without its lock and its shared memory.
    const copy = mkdtempSync(join(base, "crashed-"));
    for (const name of ["garza.db", "garza.db-wal"]) cpSync(join(folder, name), join(copy, name));
    store.close();
    return { folder: copy, file: join(copy, "garza.db") };
  }
  store.close();
  return { folder, file };
}

const open = (file: string) => () => openStore(file, Date.now, { reserveBytes: page }).close();

/** Refused as damaged, by what writes; and nothing on the disk is another than before. */
function expectDamaged(folder: string, file: string): string {
  const before = fingerprint(folder);
  const found = problemIn(open(file));
  expect(found?.kind).toBe("data-damaged");
  expect(fingerprint(folder)).toEqual(before);
  return found ? say(found) : "";
}

test("after an orderly end every single flipped bit is found, in every page, and nothing is changed", async () => {
  const { file } = await filled();
  const whole = readFileSync(file);
  const kinds = new Set<string | undefined>();
  // The header closely, then a spread over every page that moves from page to page.
  const bits = [...Array(160).keys()].map((each) => each * 5);
  for (let bit = 800; bit < whole.length * 8; bit += 4093) bits.push(bit);
  for (const bit of bits) {
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    writeFileSync(file, flipped);
    const found = problemIn(open(file));
    if (!found) throw new Error(`bit ${bit & 7} of byte ${bit >> 3} was not noticed`);
    kinds.add(found.kind);
    if (!readFileSync(file).equals(flipped)) throw new Error(`bit ${bit}: the file was changed`);
  }
  // A version's digit may have become a higher one.
  kinds.delete("newer-database");
  expect([...kinds]).toEqual(["data-damaged"]);
  writeFileSync(file, whole);
  expect(problemIn(open(file))).toBeNull();
}, 60_000);

test("after a crash a flipped bit is a problem that is told, or the database still reads", async () => {
  const { file } = await filled();
  rmSync(join(file, "../garza.seal"));
  const whole = readFileSync(file);
  let found = 0;
  for (let bit = 0; bit < whole.length * 8; bit += 8191) {
    const folder = mkdtempSync(join(base, "flip-"));
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    writeFileSync(join(folder, "garza.db"), flipped);
    const refused = problemIn(() => {
      const store = openStore(join(folder, "garza.db"), Date.now, { reserveBytes: 4096 });
      expect(idsIn(store.read).length).toBe(20);
      store.close();
    });
    if (!refused) continue;
    found++;
    expect(["data-damaged", "newer-database"]).toContain(refused.kind);
    expect(readFileSync(join(folder, "garza.db")).equals(flipped)).toBe(true);
  }
  expect(found).toBeGreaterThan(0);
}, 60_000);

test("a file that was cut off is damaged, wherever the cut is", async () => {
  const { folder, file } = await filled();
  const { length } = readFileSync(file);
  for (const seal of ["with", "without"]) {
    if (seal === "without") rmSync(join(folder, "garza.seal"));
    const copy = `${folder}-${seal}`;
    for (let size = page / 2; size < length; size += page / 2) {
      cpSync(folder, copy, { recursive: true });
      truncateSync(join(copy, "garza.db"), size);
      expectDamaged(copy, join(copy, "garza.db"));
      rmSync(copy, { recursive: true });
    }
  }
}, 60_000);

test("a picture and another program's database are not garza's", async () => {
  const folder = mkdtempSync(join(base, "foreign-"));
  const file = join(folder, "garza.db");
  writeFileSync(file, Buffer.concat([Buffer.from("ffd8ffe000104a464946", "hex"), Buffer.alloc(9000, 7)]));
  expect(expectDamaged(folder, file)).toContain("file is not a database");
  rmSync(file);
  const theirs = new Database(file);
  theirs.run("create table notes (text)");
  theirs.close();
  expect(expectDamaged(folder, file)).toContain("it is a database, but not garza's");
});

test("a log whose database is empty or missing is kept, also from what only reads", async () => {
  const { folder, file } = await filled("crashed");
  renameSync(file, join(folder, "kept"));
  expect(expectDamaged(folder, file)).toContain("it is missing, but its log is not");
  writeFileSync(file, "");
  expect(expectDamaged(folder, file)).toContain("it is empty, but its log is not");
  const before = fingerprint(folder);
  expect(problemIn(() => openReadOnly(file))?.kind).toBe("data-damaged");
  expect(fingerprint(folder)).toEqual(before);
  renameSync(join(folder, "kept"), file);
  const store = openStore(file, Date.now, { reserveBytes: page });
  expect(idsIn(store.read).length).toBe(20);
  store.close();
});

test("a database that is gone is not made anew while there is a trace of it, and a new folder just works", async () => {
  const { folder, file } = await filled();
  const { file: copy } = backUp(file, Date.UTC(2026, 10, 22, 17, 4, 5, 9));
  rmSync(file);
  const text = expectDamaged(folder, file);
  expect(text.split("\n  ")).toEqual([
    `${file} is damaged (it is missing, but there was one: backups/ beside it is not empty); nothing was changed. Look: garza doctor`,
    "Backups, newest first:",
    `  2026-11-22 17:04:05Z  ${copy}`,
    "Put one in its place (this one is kept aside): garza backup restore garza-20261122T170405009Z.db",
  ]);
  rmSync(join(folder, "backups"), { recursive: true });
  for (const trace of ["output", "run"]) {
    mkdirSync(join(folder, trace, "op_1"), { recursive: true });
    expect(expectDamaged(folder, file)).toContain(`${trace}/ beside it is not empty`);
    expect(expectDamaged(folder, file)).toContain("garza backup restore --empty");
    rmSync(join(folder, trace, "op_1"), { recursive: true });
  }
  expect(problemIn(open(file))).toBeNull();
});

test("what another program has written to a closed database is told, with how to accept it", async () => {
  const { folder, file } = await filled();
  const theirs = new Database(file);
  theirs.run("delete from event");
  theirs.close();
  expect(expectDamaged(folder, file)).toContain(`rm '${join(folder, "garza.seal")}'`);
  expect(problemIn(() => backUp(file, 1))?.kind).toBe("data-damaged");
  rmSync(join(folder, "garza.seal"));
  expect(problemIn(open(file))).toBeNull();
});

test("damage that is met while it runs refuses every write from then on, and is told once", async () => {
  const { folder, file } = await filled();
  const told: Trouble[] = [];
  const store = openStore(file, Date.now, { reserveBytes: page, onTrouble: (trouble) => void told.push(trouble) });
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xa5, 2 * page));
  const before = fingerprint(folder);
  for (const id of ["op_a", "op_b"]) {
    const refused = await writeOperation(store, id).catch((thrown: GarzaError) => thrown.problem);
    expect(refused).toMatchObject({ kind: "data-damaged", file, backups: [] });
  }
  expect(told.map((trouble) => trouble.kind === "broken" && trouble.problem.kind)).toEqual(["data-damaged"]);
  store.close();
  expect(fingerprint(folder)["garza.db"]).toBe(before["garza.db"] ?? "");
});
