/** One process under the wrapper, to its end: started, or found again by its run folder after a crash. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alarm, systemClock } from "../core/clock.ts";
import { sizeOf } from "../core/output/cap.ts";
import { readOutput } from "../core/output.ts";
import { problem } from "../core/problem.ts";
import { readEvidence } from "../core/process/evidence.ts";
import { attachProcess, type ProcessStart, type RunningProcess, startProcess } from "../core/spawn.ts";
import type { Mapping } from "../core/value.ts";
import type { ProcessResult } from "../steps/step.ts";
import { Unknown } from "./past.ts";

export type Running = Pick<
  ProcessStart,
  "folder" | "out" | "err" | "run" | "directory" | "env" | "stdin" | "inheritFd"
> & {
  /** The step, for messages. */
  name: string;
  signal: AbortSignal;
  timeoutMs: number | undefined;
  /** The step's limit, and when it first started (wall clock): a process that is found again keeps them. */
  stepLimit: { timeoutMs: number; startedAt: number } | undefined;
  graceMs: number;
  /** Boot in which an earlier process of this attempt may have been started. */
  boot: string | undefined;
  /** What is gone without a record is started again. */
  mayRepeat: boolean;
  onStart(handle: Mapping): Promise<void>;
  onLeft(pids: number[], why: string): Promise<void>;
};

/** Throws the signal's reason, `timed-out`, and `Unknown` for a process that is gone without a record. */
export async function runProcess(running: Running): Promise<ProcessResult> {
  const { name, signal, boot } = running;
  let { folder } = running;
  for (; existsSync(folder); folder += "x") {
    const found = await readEvidence(folder, boot === undefined ? {} : { boot });
    if (found.state === "gone" && !running.mayRepeat) throw new Unknown(name);
    const start = readStart(folder);
    if (found.state === "exited") return resultOf(running, { exitCode: found.exitCode, signal: null }, start);
    if (found.state === "running")
      return follow(running, attachProcess(found.handle, running), start, limitsOf(running, true));
  }
  // Looked at only now: what an earlier start left running has to be found to be stopped.
  if (signal.aborted) throw signal.reason;
  const start = { out: sizeOf(running.out), err: sizeOf(running.err) };
  const process = startProcess({ ...running, folder });
  writeFileSync(join(folder, "start"), JSON.stringify(start), { mode: 0o600 });
  return follow(running, process, start, limitsOf(running, false));
}

type Limit = { timeoutMs: number; leftMs: number };

function limitsOf({ timeoutMs, stepLimit }: Running, isAttached: boolean): Limit[] {
  const own = timeoutMs === undefined ? [] : [{ timeoutMs, leftMs: timeoutMs }];
  if (!isAttached || stepLimit === undefined) return own;
  const leftMs = stepLimit.startedAt + stepLimit.timeoutMs - systemClock.now();
  return [...own, { timeoutMs: stepLimit.timeoutMs, leftMs: Math.max(0, leftMs) }];
}

/** Where in the step's output files this process began: a step may have several, one after the other. */
type Start = { out: number; err: number };

function readStart(folder: string): Start {
  const file = join(folder, "start");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Start) : { out: 0, err: 0 };
}

async function follow(
  running: Running,
  process: RunningProcess,
  start: Start,
  limits: Limit[],
): Promise<ProcessResult> {
  const { signal, graceMs, onStart, onLeft } = running;
  let stopped: unknown;
  let ended = Promise.resolve<{ escaped: number[] }>({ escaped: [] });
  const stop = (reason: unknown) => {
    if (stopped !== undefined) return;
    stopped = reason;
    ended = process.terminate(graceMs);
  };
  const onAbort = () => stop(signal.reason);
  // A cancel may have come while the folder was read.
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const alarms = limits.map(({ timeoutMs, leftMs }) => alarm(leftMs, () => stop(tooLong(timeoutMs))));
  try {
    await onStart(process.handle);
    const end = await process.exited;
    const { escaped } = await ended;
    if (escaped.length > 0) await onLeft(escaped, "these processes got away from being stopped");
    if (stopped !== undefined) throw stopped;
    if (end.exitCode === null && end.signal === null) throw new Unknown(running.name);
    if (end.remaining.length > 0) await onLeft(end.remaining, "it left processes running");
    return resultOf(running, end, start);
  } finally {
    for (const callOff of alarms) callOff();
    signal.removeEventListener("abort", onAbort);
  }
}

const tooLong = (timeoutMs: number) => problem({ kind: "timed-out", what: "its command", seconds: timeoutMs / 1000 });

/** Bytes of a stream that become a value: it is copied into scope, journal and events. The file has the rest. */
const longestValue = 256 * 1024;

function resultOf(
  { out, err }: Running,
  { exitCode, signal }: Pick<ProcessResult, "exitCode" | "signal">,
  start: Start,
): ProcessResult {
  const text = (file: string, from: number) => readOutput(file, { from, limit: longestValue }).text;
  return { exitCode, signal, stdout: text(out, start.out), stderr: text(err, start.err) };
}
