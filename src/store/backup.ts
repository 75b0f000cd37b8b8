/** A copy of the database as it is at one moment, made beside whoever owns it, and checked before it counts. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isFileError, statOf, sync, translate as translateFileError } from "../core/files.ts";
import { randomHex } from "../core/ids.ts";
import { problem } from "../core/problem.ts";
import { automaticName, pruneBackups } from "./backups.ts";
import { openToRead } from "./connection.ts";
import { asDamage, sayFaults } from "./inspect.ts";
import { readVersion } from "./migrate.ts";
import { isSealed } from "./seal.ts";
import { translate } from "./sqlite-error.ts";

/** `operations`: how many are in it, nested ones included. */
type BackupMade = { file: string; bytes: number; operations: number };

/**
 * Into `<data>/backups/`, where the seven newest are kept. Throws `data-damaged` (of the database),
 * `storage-full`, `input-output`.
 */
export function backUp(database: string, at: number): BackupMade {
  const data = dirname(database);
  const made = copyDatabase(database, automaticName(data, at));
  pruneBackups(data);
  return made;
}

/** Under its name the copy is whole, checked and on the disk (0600), or it is not there. Throws `usage` for a name that is taken. */
export function copyDatabase(from: string, to: string): BackupMade {
  if (statOf(to)) throw problem({ kind: "usage", message: `${to} is already there`, hint: "Take another name" });
  const folder = dirname(resolve(to));
  const aside = makeAside(to, folder);
  try {
    vacuumInto(from, aside);
    const operations = check(aside);
    sync(aside);
    const bytes = statSync(aside).size;
    renameSync(aside, to);
    sync(folder);
    return { file: to, bytes, operations };
  } catch (cause) {
    rmSync(aside, { force: true });
    throw isFileError(cause) ? translateFileError(cause, to) : cause;
  }
}

/** Made by us for its mode: SQLite fills a file that is empty. */
function makeAside(to: string, folder: string): string {
  const aside = `${to}.${randomHex(6)}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(aside, "wx", 0o600));
    return aside;
  } catch (cause) {
    throw translateFileError(cause, to);
  }
}

/** Looks at everything. Returns how many operations it holds; throws `data-damaged`, `newer-database`. */
export function check(file: string): number {
  try {
    const db = openToRead(file);
    try {
      const version = readVersion(db, file);
      if (version === 0) throw problem({ kind: "data-damaged", file, why: "it is empty" });
      const faults = db.query("pragma integrity_check(3)").values().flat();
      if (faults[0] !== "ok") throw problem({ kind: "data-damaged", file, why: sayFaults(faults) });
      return (
        db.query<{ operations: number }, []>("select count(*) as operations from operation").get()?.operations ?? 0
      );
    } finally {
      db.close();
    }
  } catch (cause) {
    throw asDamage(cause, file);
  }
}

function vacuumInto(from: string, to: string): void {
  try {
    const db = openToRead(from);
    try {
      readVersion(db, from);
      isSealed(from);
      db.query("vacuum into ?").run(to);
    } finally {
      db.close();
    }
  } catch (cause) {
    // Lack of room is the copy's trouble, everything else that of what is read.
    throw /^SQLITE_(FULL|IOERR_WRITE)/.test((cause as { code?: string }).code ?? "")
      ? translate(cause, to)
      : asDamage(cause, from);
  }
}
