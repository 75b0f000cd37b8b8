/** A look at the database before anything is written: what is damaged stays exactly as it is. */
import { dirname, join } from "node:path";
import { statOf } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import { namesIn } from "./backups.ts";
import { openToInspect } from "./connection.ts";
import { readVersion } from "./migrate.ts";
import { isSealed, isSmall } from "./seal.ts";
import { translate } from "./sqlite-error.ts";

/**
 * The schema's version, 0 for a database that is yet to be made. One that was not closed in order is looked
 * through: 0.6 s for 256 MiB. Throws `data-damaged`, `newer-database`, `input-output`.
 */
export function inspect(file: string): number {
  refuseLoss(file);
  if (!statOf(file)?.size) return 0;
  // Only while a database is being made is there such a journal: a power cut left it, and opening to write takes it back.
  if (statOf(`${file}-journal`)?.size) return 0;
  try {
    // Its own connection, which can't write: the last one to close would carry the log over into the file.
    const db = openToInspect(file);
    try {
      const version = readVersion(db, file);
      if (version === 0 || isSealed(file)) return version;
      // The quick one leaves out whether indexes and tables agree.
      const faults = db
        .query(`pragma ${isSmall(file) ? "integrity" : "quick"}_check(3)`)
        .values()
        .flat();
      if (faults[0] !== "ok") throw problem({ kind: "data-damaged", file, why: sayFaults(faults) });
      return version;
    } finally {
      db.close();
    }
  } catch (cause) {
    throw asDamage(cause, file);
  }
}

/** SQLite makes a missing database anew, and deletes the log of an empty one. Throws `data-damaged` instead. */
export function refuseLoss(file: string): void {
  const stat = statOf(file);
  if (stat?.size) return;
  const is = stat ? "it is empty" : "it is missing";
  if (statOf(`${file}-wal`)?.size) throw problem({ kind: "data-damaged", file, why: `${is}, but its log is not` });
  const data = dirname(file);
  const kept = ["backups", "output", "run"].filter((name) => namesIn(join(data, name)).length > 0);
  if (kept.length === 0) return;
  throw problem({
    kind: "data-damaged",
    file,
    why: `${is}, but there was one: ${kept.join("/, ")}/ beside it is not empty`,
  });
}

/** Every statement here is right, so that one which fails tells of the file. */
export function asDamage(cause: unknown, file: string): unknown {
  const { code, message } = cause as { code?: string; message: string };
  return code === "SQLITE_ERROR"
    ? problem({ kind: "data-damaged", file, why: message }, cause)
    : translate(cause, file);
}

export const sayFaults = (faults: readonly unknown[]) =>
  faults
    .map((fault) =>
      String(fault)
        .replace(/^\*\*\* in database \w+ \*\*\*\s*/, "")
        .replace(/\s+/g, " "),
    )
    .join("; ");
