import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isFileError, translate as translateFileError } from "../core/files.ts";
import { GarzaError, problem } from "../core/problem.ts";
import { problemOf } from "../core/process/trouble.ts";

/** SQLite's or the system's error as a problem with a remedy; a constraint that fails is a bug and stays as it is. */
export function translate(cause: unknown, file: string): unknown {
  if (cause instanceof GarzaError) return cause;
  if (isFileError(cause)) return translateFileError(cause, file);
  const { code = "", message = "" } = cause as { code?: string; message?: string };
  if (code === "SQLITE_FULL" || (/^SQLITE_IOERR(?!.*FSYNC)/.test(code) && isFull(dirname(file)))) {
    return problem({ kind: "storage-full", where: dirname(file) }, cause);
  }
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return problem({ kind: "data-damaged", file, why: message }, cause);
  }
  if (code.startsWith("SQLITE_CANTOPEN")) {
    const why = whyNotOpened(file);
    if (why) return why;
  }
  if (isOfTheDisk(cause)) {
    const hint = "Look: garza doctor, and at the system's log";
    return problem({ kind: "input-output", what: file, why: `${message} (${code})`, hint }, cause);
  }
  return cause;
}

/** Whether the file or its disk failed, and not the statement. */
export function isOfTheDisk(cause: unknown): boolean {
  const { code = "" } = cause as { code?: string };
  return /^SQLITE_(FULL|IOERR|CORRUPT|NOTADB|CANTOPEN|READONLY|PERM)/.test(code);
}

/**
 * SQLite calls it an error of the disk where there is no room for the index of its log, or a quota is used
 * up: so a little is written, which tells.
 */
function isFull(folder: string): boolean {
  const probe = `${folder}/garza.probe-${process.pid}`;
  try {
    writeFileSync(probe, Buffer.alloc(64 * 1024, 1), { mode: 0o600 });
    return false;
  } catch (cause) {
    return /^(ENOSPC|EDQUOT)$/.test((cause as { code?: string }).code ?? "");
  } finally {
    rmSync(probe, { force: true });
  }
}

/** The system's own reason, which SQLite keeps to itself. */
function whyNotOpened(file: string): Error | undefined {
  try {
    closeSync(openSync(file, "r+"));
    return undefined;
  } catch (cause) {
    return (cause as { code?: string }).code === "ENOENT" ? undefined : problemOf(cause, file);
  }
}
