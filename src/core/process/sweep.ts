/** Removes what nobody asks for any more of the run folders: those of processes that no journal knows. */
import type { Dirent } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../problem.ts";
import { readPid } from "./evidence.ts";
import { isAlive } from "./identity.ts";
import { problemOf } from "./trouble.ts";

/** Paths; `left` could not be looked at or removed, and why. */
export type Swept = { removed: string[]; left: { path: string; why: string }[] };

/**
 * Removes from `runs` the run folders, and the output beside them, of tokens that `isKnown` does not know, where
 * everything of the process is older than `olderThanMs` at `now` (milliseconds since 1970) and it is not alive.
 * Links, and whatever else has another name or kind, are left alone. Throws `input-output` when `runs` can't be read.
 */
export async function sweepRunFolders(
  runs: string,
  isKnown: (token: string) => boolean,
  olderThanMs: number,
  now: number,
): Promise<Swept> {
  const swept: Swept = { removed: [], left: [] };
  for (const [process, entries] of await entriesByProcess(runs)) {
    if (isKnown(tokenOf(process))) continue;
    const paths = entries.map(({ name }) => join(runs, name));
    try {
      if (!(await areOld(paths, now - olderThanMs)) || entries.some((entry) => isInUse(runs, entry))) continue;
    } catch (cause) {
      swept.left.push({ path: join(runs, process), why: messageOf(cause) });
      continue;
    }
    for (const path of paths) {
      await rm(path, { recursive: true, force: true }).then(
        () => swept.removed.push(path),
        (cause: unknown) => swept.left.push({ path, why: messageOf(cause) }),
      );
    }
  }
  return swept;
}

/** `<token>-<number>`, its further run folders, the output of a sensitive step, and what is noted about that. */
const ours = /^([0-9a-f]{24}-\d+)(x*|\.(?:out|err)(?:\.gap(?:\.new)?)?)$/;
const tokenOf = (process: string) => process.slice(0, 24);

async function entriesByProcess(runs: string): Promise<Map<string, Dirent[]>> {
  const processOf = ({ name }: Dirent) => ours.exec(name)?.[1] ?? "";
  const entries = (await entriesOf(runs)).filter((entry) => {
    const [, , rest] = ours.exec(entry.name) ?? [];
    return rest?.startsWith(".") ? entry.isFile() : rest !== undefined && entry.isDirectory();
  });
  return Map.groupBy(entries, processOf);
}

async function entriesOf(runs: string): Promise<Dirent[]> {
  try {
    return await readdir(runs, { withFileTypes: true });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return [];
    throw problemOf(cause, runs);
  }
}

async function areOld(paths: string[], before: number): Promise<boolean> {
  for (const path of paths) {
    if ((await lstat(path)).mtimeMs >= before) return false;
  }
  return true;
}

function isInUse(runs: string, entry: Dirent): boolean {
  const identity = entry.isDirectory() ? readPid(join(runs, entry.name)) : undefined;
  return identity !== undefined && isAlive(identity);
}
