/**
 * Starts programs that survive us. Each runs under a small shell wrapper in a session of its own, writes its
 * output straight to files, and leaves the record of its end in a run folder, where it can be found again.
 */
import { closeSync, mkdirSync, openSync, watch, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Clock, systemClock } from "./clock.ts";
import { defaultLimits, keepCapped, type OutputLimits } from "./output/cap.ts";
import { type LowSpace, watchSpace } from "./output/space.ts";
import { problem } from "./problem.ts";
import {
  handleOf,
  isClaimed,
  type Lapse,
  type ProcessHandle,
  readExit,
  readPid,
  removeRunFolder,
} from "./process/evidence.ts";
import { membersOf, terminateGroup, tokenVariable } from "./process/group.ts";
import { identify, isAlive } from "./process/identity.ts";
import { pauseOf } from "./process/pause.ts";
import { checkDirectory, findProgram } from "./process/program.ts";
import { problemOf } from "./process/trouble.ts";
import { hasLapsed, limitRun } from "./process/until.ts";
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
  /** Milliseconds since 1970: its wrapper ends it then, unless that is moved forward (`extendRun`). */
  until?: number;
  limits?: OutputLimits;
  /** Its output is about to fill the disk: it is paused, or goes on again. */
  onLowSpace?: (low: LowSpace) => void;
  clock?: Clock;
};

export type ProcessEnd = Lapse & {
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
  return running(handle, exited, start, { clock, begun: clock.monotonic() });
}

/** Takes up a process that an earlier agent started; `handle` is that of `readEvidence`. */
export function attachProcess(handle: ProcessHandle, output: Output): RunningProcess {
  const { clock = systemClock } = output;
  const exited = untilGone(handle, clock).then((): ProcessEnd => {
    const lapsed = hasLapsed(handle.folder);
    const exitCode = readExit(handle.folder) ?? null;
    // Its wrapper ends the group with it when nothing else helps, and itself too.
    const signal = lapsed && exitCode === null ? "SIGKILL" : null;
    return { exitCode, signal, remaining: membersOf(handle.group), lapsed };
  });
  return running(handle, exited, output, { clock, begun: Number.NEGATIVE_INFINITY });
}

type Output = Pick<ProcessStart, "out" | "err" | "limits" | "onLowSpace" | "clock">;

function running(
  handle: ProcessHandle,
  exited: Promise<ProcessEnd>,
  { out, err, limits = defaultLimits, onLowSpace }: Output,
  { clock, begun }: { clock: Clock; begun: number },
): RunningProcess {
  const files = [out, err];
  const pause = pauseOf(handle);
  const space = watchSpace({ files, minFree: limits.minFree, pause, onChange: onLowSpace, clock });
  const anyoneLeft = () => membersOf(handle.group).length > 0;
  const capped = keepCapped(files, limits, { anyoneLeft, alsoLook: space.look });
  const done = exited.finally(() => {
    capped.processEnded();
    // From here on nobody looks for room any more.
    if (pause.isOn()) pause.end();
  });
  // Whoever awaits the end gets the error; nobody has to.
  done.catch(() => {});
  return {
    pid: handle.pid,
    handle,
    exited: done,
    terminate(graceMs) {
      space.stop();
      const isJustBegun = clock.monotonic() - begun < beginsMs;
      return terminateGroup(handle.group, basename(handle.folder), graceMs, clock, isJustBegun);
    },
  };
}

/** So long its wrapper may take, at the most, to come to the program. */
const beginsMs = 500;

/** Anything that holds a value goes into this folder (0700), never into arguments. */
function prepare({ folder, run, stdin, until }: ProcessStart): void {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600, flag: "wx" });
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    write("wrapper", wrapper);
    // The shell has the script open under another number; what it starts has no business with it.
    if ("script" in run) write("script", `exec 9<&-\n${run.script}`);
    if (stdin !== undefined) write("stdin", stdin);
    if (until !== undefined) limitRun(folder, until);
  } catch (cause) {
    throw problemOf(cause, folder);
  }
}

function endOf({ pid, exitCode, signalCode }: Bun.Subprocess, folder: string): ProcessEnd {
  // Who kills the wrapper means all of them: they may take a moment longer to be gone.
  const lapsed = hasLapsed(folder);
  if (signalCode !== null) return { exitCode: null, signal: String(signalCode), remaining: [], lapsed };
  if (readPid(folder)?.pid === pid) return { exitCode, signal: null, remaining: membersOf(pid), lapsed };
  if (!isClaimed(folder)) {
    // Its shell can't fork, or not write (then it ends as 0), before it has run anything: nothing of it counts.
    removeRunFolder(folder);
    if (exitCode === 0) throw problem({ kind: "storage-full", where: folder });
    throw problem({ kind: "machine-exhausted", what: folder, why: "no room for another process" });
  }
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
