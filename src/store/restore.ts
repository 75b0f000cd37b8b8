/** Puts a backup in the place of the database. What was there is kept, whatever its state. */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { isFileError, statOf, sync, translate as translateFileError } from "../core/files.ts";
import { randomHex } from "../core/ids.ts";
import { problem } from "../core/problem.ts";
import { version } from "../core/version.ts";
import { copyDatabase } from "./backup.ts";
import { openToWrite } from "./connection.ts";
import { migrate } from "./migrate.ts";
import { type Owner, type Ownership, ownFolder } from "./owner.ts";
import { sealOf } from "./seal.ts";
import { translate } from "./sqlite-error.ts";

/** `aside`: the folder that what was there is in now; null when nothing was there. */
type Restored = { operations: number; aside: string | null };

/**
 * `backup` null: an empty database. Throws `busy` while a process owns the data folder, `data-damaged` and
 * `newer-database` of the backup; then nothing has changed.
 */
export async function restore(data: string, backup: string | null, clock: Clock): Promise<Restored> {
  const ownership = await own(data, clock);
  const database = join(data, "garza.db");
  const next = `${database}.${randomHex(6)}`;
  try {
    const operations = backup === null ? makeEmpty(next, clock) : copyDatabase(backup, next).operations;
    const aside = moveAside(database, clock.now());
    renameSync(next, database);
    sync(data);
    return { operations, aside };
  } catch (cause) {
    throw isFileError(cause) ? translateFileError(cause, data) : cause;
  } finally {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(next + suffix, { force: true });
    ownership.release();
  }
}

async function own(data: string, clock: Clock): Promise<Ownership> {
  const about = { pid: process.pid, instance: randomHex(6), since: clock.now(), version };
  const me: Owner = {
    ...about,
    command: "garza backup restore",
    socket: null,
    workers: 0,
    configured: about.since,
    refused: null,
    secrets: [],
  };
  let holder: Owner | null = null;
  const waits = (owner: Owner | null) => {
    holder = owner;
    return false;
  };
  const ownership = await ownFolder(data, me, { clock, waits });
  if (ownership) return ownership;
  throw problem({ kind: "busy", what: `${nameOf(holder)} uses ${data}`, next: "Stop it first, or wait for its end" });
}

const nameOf = (owner: Owner | null) => (owner ? `${owner.command} (process ${owner.pid})` : "another process");

function makeEmpty(file: string, clock: Clock): 0 {
  try {
    const db = openToWrite(file);
    migrate(db, 0, clock.now);
    db.close();
    sync(file);
    return 0;
  } catch (cause) {
    throw translate(cause, file);
  }
}

function moveAside(database: string, at: number): string | null {
  // The file itself first: stopped in between, a log without its file is seen for what it is.
  const there = [database, `${database}-wal`, `${database}-shm`, sealOf(database)].filter((path) => statOf(path));
  if (there.length === 0) return null;
  const aside = join(database, "..", `damaged-${new Date(at).toISOString().replace(/[-:.]/g, "")}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const path of there) renameSync(path, join(aside, basename(path)));
  sync(aside);
  return aside;
}
