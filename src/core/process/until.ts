/** How long a process may live when nobody says any more that it still should: `until` in its run folder. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { problemOf } from "./trouble.ts";

/** `until`: milliseconds since 1970, rounded down to whole seconds. Its wrapper must not have been started yet. */
export function limitRun(folder: string, until: number): void {
  const file = join(folder, "until");
  try {
    writeFileSync(`${file}.new`, `${Math.floor(until / 1000)}\n`, { mode: 0o600 });
    // The wrapper may be reading the old one.
    renameSync(`${file}.new`, file);
  } catch (cause) {
    throw problemOf(cause, file);
  }
}

/**
 * Moves the time forward, never back. Does nothing where the process has no such limit, or has ended. Throws
 * `storage-full`, `input-output`.
 */
export function extendRun(folder: string, until: number): void {
  const file = join(folder, "until");
  if (existsSync(file) && Number(readFileSync(file, "utf8")) < Math.floor(until / 1000)) limitRun(folder, until);
}

/** The time was over before the process was: its group was, or is being, ended by its wrapper. */
export const hasLapsed = (folder: string): boolean => existsSync(join(folder, "lapsed"));
