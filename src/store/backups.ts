/** The folder of backups: their names, which there are, and which of them are old enough to go. */
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { statOf } from "../core/files.ts";
import { GarzaError, problem } from "../core/problem.ts";

/** `at`: when it was made, milliseconds since 1970. */
export type Backup = { file: string; at: number; bytes: number };

const kept = 7;
const automatic = /^garza-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.db$/;

export const backupFolder = (data: string) => join(data, "backups");

/** `<data>/backups/garza-20261122T170405123Z.db`: later names sort after earlier ones. */
export function automaticName(data: string, at: number): string {
  return join(backupFolder(data), `garza-${new Date(at).toISOString().replace(/[-:.]/g, "")}.db`);
}

/** Newest first; none where there is no such folder, or it can't be read. */
export function listBackups(data: string): Backup[] {
  const folder = backupFolder(data);
  const found = namesIn(folder).flatMap((name) => {
    const file = join(folder, name);
    const stat = name.endsWith(".db") ? statOf(file) : undefined;
    return stat?.isFile() ? [{ file, at: timeIn(name) ?? stat.mtimeMs, bytes: stat.size }] : [];
  });
  return found.sort((a, b) => b.at - a.at);
}

/** Removes all but the newest of those that were named by the program; what a person named stays. */
export function pruneBackups(data: string): void {
  const names = namesIn(backupFolder(data)).filter((name) => automatic.test(name));
  for (const name of names.sort().slice(0, -kept)) rmSync(join(backupFolder(data), name), { force: true });
}

/** A damaged database with the backups that can take its place; any other problem as it is. */
export function withBackups(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "data-damaged") return thrown;
  // Of the database alone there are backups.
  if (thrown.problem.file !== file || thrown.problem.backups) return thrown;
  const backups = listBackups(dirname(file)).map(({ file, at }) => ({ file, at }));
  return problem({ ...thrown.problem, backups }, thrown);
}

function timeIn(name: string): number | undefined {
  const [, year, month, day, hour, minute, second, ms] = automatic.exec(name)?.map(Number) ?? [];
  if (year === undefined || month === undefined) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
