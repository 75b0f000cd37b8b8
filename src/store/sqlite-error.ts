import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { GarzaError, problem } from "../core/problem.ts";

/** SQLite's error as a problem with a remedy; a constraint that fails is a bug and stays as it is. */
export function translate(cause: unknown, file: string): unknown {
  if (cause instanceof GarzaError) return cause;
  const { code = "", message = "" } = cause as { code?: string; message?: string };
  if (code === "SQLITE_FULL" || (code.startsWith("SQLITE_IOERR") && isFull(dirname(file)))) {
    return problem({ kind: "storage-full", where: dirname(file) }, cause);
  }
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return problem({ kind: "data-damaged", file, why: message }, cause);
  }
  if (/^SQLITE_(IOERR|CANTOPEN|READONLY|PERM)/.test(code)) {
    return problem({ kind: "input-output", what: file, why: message, hint: "Look: garza doctor" }, cause);
  }
  return cause;
}

/** Where there is no room for the index of its log, SQLite calls that an error of the disk. */
function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < 64 * 1024;
}
