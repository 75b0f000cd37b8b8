/** How the database is opened: to be read beside its owner, or by its owner to be written. */
import { constants, Database } from "bun:sqlite";
import { pathToFileURL } from "node:url";
import { statOf } from "../core/files.ts";
import { isOfTheDisk } from "./sqlite-error.ts";

const { SQLITE_OPEN_READONLY, SQLITE_OPEN_URI } = constants;

/** Throws SQLite's error, for `translate`. */
export function openToRead(file: string): Database {
  try {
    const db = new Database(file, { readonly: true, strict: true });
    db.run("pragma busy_timeout = 2000");
    db.query("select 1 from sqlite_schema").get();
    return db;
  } catch (cause) {
    // Even reading needs room for an index of the log, which a full or read-only disk has not. Without a log
    // nothing is missing from the file itself.
    const { code = "" } = cause as { code?: string };
    if (!/^SQLITE_(CANTOPEN|IOERR|READONLY)/.test(code) || statOf(`${file}-wal`)?.size) throw cause;
    return openUnchanging(file);
  }
}

/** For the owner, beside whom nobody writes: leaves no files. Throws SQLite's error, for `translate`. */
export function openToInspect(file: string): Database {
  return statOf(`${file}-wal`)?.size ? openToRead(file) : openUnchanging(file);
}

/**
 * After a failure of the disk: nothing more is carried over from the log, not even at the end of the process,
 * when the runtime closes every connection. The last one to close would fsync and write; this one does
 * neither.
 */
export function leaveLog(file: string): void {
  try {
    const db = openToRead(file);
    db.run("pragma synchronous = off");
    lastToClose.push(db);
  } catch {
    // It can't be read either.
  }
}

const lastToClose: Database[] = [];

const openUnchanging = (file: string) =>
  new Database(`${pathToFileURL(file)}?immutable=1`, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);

/** Throws SQLite's error, for `translate`. */
export function openToWrite(file: string): Database {
  const db = new Database(file, { create: true, readwrite: true, strict: true });
  try {
    db.run("pragma busy_timeout = 5000");
    // NORMAL loses acknowledged commits at a power failure; macOS needs fullfsync for the same promise.
    db.run("pragma journal_mode = wal");
    db.run("pragma synchronous = full");
    db.run("pragma fullfsync = on");
    db.run("pragma checkpoint_fullfsync = on");
    db.run("pragma foreign_keys = on");
    // A full /tmp is no concern of ours.
    db.run("pragma temp_store = memory");
    // Made by the store itself: SQLite would say nothing of one that failed.
    db.run("pragma wal_autocheckpoint = 0");
    return db;
  } catch (cause) {
    if (isOfTheDisk(cause)) leaveLog(file);
    db.close();
    throw cause;
  }
}
