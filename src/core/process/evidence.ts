/** What a run folder tells of its process: read after a crash, and when a process ends. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { bootId, isAlive, type ProcessIdentity } from "./identity.ts";
import { problemOf } from "./trouble.ts";

/** What the journal keeps of a process: enough to find it again. */
export type ProcessHandle = ProcessIdentity & { group: number; folder: string };

export type Evidence =
  /** It ran nothing, and from now on never will. */
  | { state: "never-started" }
  | { state: "running"; handle: ProcessHandle }
  | { state: "exited"; exitCode: number }
  /** It ran and is gone without a record: nobody can tell what it did. */
  | { state: "gone" };

/**
 * Reads the folder, and claims it where nothing was started yet, so that a wrapper that is late runs nothing.
 * With the `boot` in which the step was begun, a folder that a power cut may have emptied proves nothing.
 */
export async function readEvidence(
  folder: string,
  { boot, clock = systemClock }: { boot?: string; clock?: Clock } = {},
): Promise<Evidence> {
  const exit = readExit(folder);
  if (exit !== undefined) return { state: "exited", exitCode: exit };
  if (claim(folder)) return boot === undefined || boot === bootId() ? { state: "never-started" } : { state: "gone" };
  const identity = await readIdentity(folder, clock);
  if (!identity) return { state: "gone" };
  if (isAlive(identity)) return { state: "running", handle: handleOf(identity, folder) };
  // It may have ended between the first look and now.
  const late = readExit(folder);
  return late === undefined ? { state: "gone" } : { state: "exited", exitCode: late };
}

/** The wrapper leads its own session and group. */
export const handleOf = (identity: ProcessIdentity, folder: string): ProcessHandle => ({
  ...identity,
  group: identity.pid,
  folder,
});

/** The exit code of the wrapper's record; undefined while there is none. */
export function readExit(folder: string): number | undefined {
  const [, status, token] = /^(\d+) (\S+)\n$/.exec(read(join(folder, "exit")) ?? "") ?? [];
  return token === basename(folder) ? Number(status) : undefined;
}

/** Who the wrapper says it is; undefined when it has not said so. */
export function readPid(folder: string): ProcessIdentity | undefined {
  const [, pid, start, boot] = /^(\d+)\n(.+)\n(.+)\n$/.exec(read(join(folder, "pid")) ?? "") ?? [];
  return pid && start && boot ? { pid: Number(pid), start, boot } : undefined;
}

/**
 * The folders of one process, from its first: where recovery has claimed one before anything was started, the
 * process gets another, so that a late wrapper of the first can't take it.
 */
export function runFolders(first: string): string[] {
  const folders: string[] = [];
  for (let folder = first; existsSync(folder); folder += "x") folders.push(folder);
  return folders;
}

/** Recovery came first: nothing was run from this folder, and nothing will be. */
export const isClaimed = (folder: string): boolean => read(join(folder, "pid")) === claimed;

/** Removes a run folder whose result is recorded. */
export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

const claimed = "recovery\n";

/** True: no program was or will be run from this folder. The wrapper makes both, in this order, before it runs one. */
function claim(folder: string): boolean {
  const pid = join(folder, "pid");
  if (made(() => mkdirSync(join(folder, "started")), folder)) return true;
  if (made(() => writeFileSync(pid, claimed, { flag: "wx" }), folder)) return true;
  // An earlier recovery that was itself cut short.
  return read(pid) === claimed;
}

function made(make: () => void, folder: string): boolean {
  try {
    make();
    return true;
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "EEXIST") return false;
    // Not even a folder: its agent died before it made one.
    if (code === "ENOENT") return true;
    throw problemOf(cause, folder);
  }
}

/** The wrapper writes its three lines at once, but it may be just about to. */
async function readIdentity(folder: string, clock: Clock): Promise<ProcessIdentity | undefined> {
  for (let looks = 0; looks < 20; looks++) {
    const identity = readPid(folder);
    if (identity) return identity;
    await clock.sleep(50);
  }
  return undefined;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined;
    throw problemOf(cause, file);
  }
}
