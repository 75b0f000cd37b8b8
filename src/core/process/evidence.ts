/** What a run folder tells of its process: read after a crash, and when a process ends. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { bootId, isAlive, type ProcessIdentity } from "./identity.ts";
import { problemOf } from "./trouble.ts";
import { hasLapsed } from "./until.ts";

/** What the journal keeps of a process: enough to find it again. */
export type ProcessHandle = ProcessIdentity & { group: number; folder: string };

export type Evidence =
  /** It ran nothing, and from now on never will. */
  | { state: "never-started" }
  | { state: "running"; handle: ProcessHandle }
  | ({ state: "exited"; exitCode: number } & Lapse)
  /** It ran, or may have run, and is gone without a record: nobody can tell what it did. */
  | ({ state: "gone" } & Lapse);

/** True: its `until` passed before its end, so that its wrapper ended it (core/process/until.ts). */
export type Lapse = { lapsed: boolean };

/**
 * Reads the folder, and claims it where nothing was started yet, so that a wrapper that is late runs nothing.
 * With the `boot` in which the step was begun, a folder that a power cut may have emptied, or taken, proves nothing.
 */
export async function readEvidence(
  folder: string,
  { boot, clock = systemClock }: { boot?: string; clock?: Clock } = {},
): Promise<Evidence> {
  // Renamed into its place when it is whole: only a power cut leaves a record that can't be read.
  const hasRecord = existsSync(join(folder, "exit"));
  const exit = readExit(folder);
  if (exit !== undefined) return exited(folder, exit);
  if (hasRecord || isLost(folder)) return gone(folder);
  const isSameBoot = boot === undefined || boot === bootId();
  if (isSameBoot && claim(folder)) return { state: "never-started" };
  const identity = isSameBoot ? await awaitPid(folder, clock) : readPid(folder);
  if (identity && isAlive(identity)) return { state: "running", handle: handleOf(identity, folder) };
  // It may have ended between the first look and now.
  const late = readExit(folder);
  if (late !== undefined) return exited(folder, late);
  if (!isSameBoot) lose(folder);
  return gone(folder);
}

const exited = (folder: string, exitCode: number): Evidence => {
  return { state: "exited", exitCode, lapsed: hasLapsed(folder) };
};
const gone = (folder: string): Evidence => ({ state: "gone", lapsed: hasLapsed(folder) });

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
export const isClaimed = (folder: string): boolean => isFolder(join(folder, "pid")) && !isLost(folder);

/** Removes a run folder whose result is recorded. */
export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * True: no program was or will be run from this folder. The wrapper makes both, in this order, before it runs one.
 * Folders, also where the wrapper makes a file: they are there whole or not at all, whenever recovery is cut short.
 */
function claim(folder: string): boolean {
  const pid = join(folder, "pid");
  return made(join(folder, "started")) || made(pid) || isFolder(pid);
}

function made(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "EEXIST") return false;
    // Not even a run folder: its agent died before it made one.
    if (code === "ENOENT") return true;
    throw problemOf(cause, folder);
  }
}

/** The next recovery may be told another boot: that of an agent that died as soon as it had taken over. */
function lose(folder: string): void {
  try {
    mkdirSync(join(folder, "lost"), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw problemOf(cause, folder);
  }
}

const isLost = (folder: string): boolean => existsSync(join(folder, "lost"));

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The wrapper writes its three lines at once, but it may be just about to. */
async function awaitPid(folder: string, clock: Clock): Promise<ProcessIdentity | undefined> {
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
    const { code = "" } = cause as { code?: string };
    // A folder there is recovery's claim.
    if (code === "ENOENT" || code === "EISDIR") return undefined;
    throw problemOf(cause, file);
  }
}
