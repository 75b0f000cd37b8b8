/**
 * Starts programs that survive us. Each runs under a small shell wrapper in a session of its own, writes its
 * output straight to files, and leaves the record of its end in a run folder, where it can be found again.
 */
import { closeSync, mkdirSync, openSync, watch, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Clock, systemClock } from "./clock.ts";
import { defaultLimits, keepCapped, type OutputLimits } from "./output/cap.ts";
import { problem } from "./problem.ts";
import { handleOf, type ProcessHandle, readExit, readPid } from "./process/evidence.ts";
import { membersOf, terminateGroup, tokenVariable } from "./process/group.ts";
import { identify, isAlive } from "./process/identity.ts";
import { checkDirectory, findProgram } from "./process/program.ts";
import { problemOf } from "./process/trouble.ts";
import wrapper from "./process/wrapper.sh" with { type: "text" };

export type ProcessStart = {
  /** The run folder, absolute, never used before; its name is the run's token. */
  folder: string;
  run: { script: string; interpreter: readonly [string, ...string[]] } | { argv: readonly [string, ...string[]] };
  /** Absolute. */
  directory: string;
  /** All of it: see `childEnvironment`. */
  env: Readonly<Record<string, string>>;
  /** Without it the standard input is empty. */
  stdin?: string;
  /** Files that the output is appended to. */
  out: string;
  err: string;
  /** A lock (core/flock.ts) that lives as long as the process. */
  inheritFd?: number;
  limits?: OutputLimits;
  clock?: Clock;
};

export type ProcessEnd = {
  /** A program that a signal ended has 128 and the signal's number. Null when the wrapper itself was killed. */
  exitCode: number | null;
  /** What killed the wrapper; null beside a null exit code when nobody can tell (attached, gone without a record). */
  signal: string | null;
  /** Pids of its group that still run. */
  remaining: number[];
};

export type RunningProcess = {
  pid: number;
  handle: ProcessHandle;
  /** The end of the process, not of its output. Rejects when it turns out that nothing was run. */
  exited: Promise<ProcessEnd>;
  /** Resolves when the group has ended, with the pids that got away from it. */
  terminate(graceMs: number): Promise<{ escaped: number[] }>;
};

/**
 * Throws `configuration` (directory), `program-missing`, `machine-exhausted` (worth another try),
 * `storage-full`, `input-output`.
 */
export function startProcess(start: ProcessStart): RunningProcess {
  const { folder, run, env, directory, clock = systemClock } = start;
  checkDirectory(directory);
  const [program, ...args] = "argv" in run ? run.argv : run.interpreter;
  const found = findProgram(program, env.PATH ?? "", "argv" in run ? "this step" : "its script");
  const argv = [found, ...args, ...("argv" in run ? [] : ["/dev/fd/9"])];
  const token = basename(folder);

  prepare(start);
  const open: number[] = [];
  const append = (file: string) => open[open.push(openSync(file, "a", 0o600)) - 1];
  let child: Bun.Subprocess;
  try {
    const [out, err] = [start.out, start.err].map(append);
    child = Bun.spawn(["/bin/sh", join(folder, "wrapper"), token, ...argv], {
      cwd: directory,
      env: { ...env, PWD: directory, [tokenVariable]: token },
      detached: true,
      stdio: ["ignore", out, err, start.inheritFd ?? "ignore"],
    });
  } catch (cause) {
    checkDirectory(directory);
    throw problemOf(cause, program);
  } finally {
    open.forEach(closeSync);
  }

  const handle = handleOf(identify(child.pid) ?? { pid: child.pid, start: "", boot: "" }, folder);
  const exited = child.exited.then(() => endOf(child, folder));
  return running(handle, exited, start, clock);
}

/** Takes up a process that an earlier agent started; `handle` is that of `readEvidence`. */
export function attachProcess(
  handle: ProcessHandle,
  { out, err, limits, clock = systemClock }: Pick<ProcessStart, "out" | "err" | "limits" | "clock">,
): RunningProcess {
  const exited = untilGone(handle, clock).then((): ProcessEnd => {
    return { exitCode: readExit(handle.folder) ?? null, signal: null, remaining: membersOf(handle.group) };
  });
  return running(handle, exited, { out, err, ...(limits && { limits }) }, clock);
}

function running(
  handle: ProcessHandle,
  exited: Promise<ProcessEnd>,
  { out, err, limits = defaultLimits }: Pick<ProcessStart, "out" | "err" | "limits">,
  clock: Clock,
): RunningProcess {
  const capped = keepCapped([out, err], limits, () => membersOf(handle.group).length > 0);
  const done = exited.finally(() => capped.processEnded());
  // Whoever awaits the end gets the error; nobody has to.
  done.catch(() => {});
  return {
    pid: handle.pid,
    handle,
    exited: done,
    terminate: (graceMs) => terminateGroup(handle.group, basename(handle.folder), graceMs, clock),
  };
}

/** Anything that holds a value goes into this folder (0700), never into arguments. */
function prepare({ folder, run, stdin }: ProcessStart): void {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600, flag: "wx" });
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    write("wrapper", wrapper);
    // The shell has the script open under another number; what it starts has no business with it.
    if ("script" in run) write("script", `exec 9<&-\n${run.script}`);
    if (stdin !== undefined) write("stdin", stdin);
  } catch (cause) {
    throw problemOf(cause, folder);
  }
}

function endOf({ pid, exitCode, signalCode }: Bun.Subprocess, folder: string): ProcessEnd {
  // Who kills the wrapper means all of them: they may take a moment longer to be gone.
  if (signalCode !== null) return { exitCode: null, signal: String(signalCode), remaining: [] };
  if (readPid(folder)?.pid === pid) return { exitCode, signal: null, remaining: membersOf(pid) };
  throw problem({ kind: "input-output", what: folder, why: "the run folder could not be taken, and nothing was run" });
}

/** Not our child, so nobody tells us: its record is watched for, and itself looked at, as it may be killed. */
async function untilGone(handle: ProcessHandle, clock: Clock): Promise<void> {
  const stop = new AbortController();
  const watcher = watch(handle.folder, (_, name) => name === "exit" && stop.abort());
  try {
    while (isAlive(handle) && !stop.signal.aborted) await clock.sleep(500, stop.signal).catch(() => {});
    // The record is written just before the wrapper ends.
    while (isAlive(handle)) await clock.sleep(5);
  } finally {
    watcher.close();
  }
}
