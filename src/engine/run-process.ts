/** One process under the wrapper, to its end: started, or found again by its run folder after a crash. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { alarm } from "../core/clock.ts";
import type { LowSpace } from "../core/output/space.ts";
import { readEvidence } from "../core/process/evidence.ts";
import { attachProcess, type ProcessStart, type RunningProcess, startProcess } from "../core/spawn.ts";
import type { Mapping } from "../core/value.ts";
import type { ProcessResult } from "../steps/step.ts";
import { Unknown } from "./past.ts";
import {
  heedLapse,
  type Limit,
  lapsedText,
  limitsOf,
  noteStart,
  readStart,
  resultOf,
  type Start,
  tooLong,
} from "./process-record.ts";

export type Running = Pick<
  ProcessStart,
  "folder" | "out" | "err" | "run" | "directory" | "env" | "stdin" | "inheritFd" | "until"
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
  /** What a person should know of it: what it left running, that it was paused or ended from outside. */
  warn(message: string): Promise<void>;
};

/** Throws the signal's reason, `timed-out`, and `Unknown` for a process that is gone without a record. */
export async function runProcess(running: Running): Promise<ProcessResult> {
  const { name, signal, boot } = running;
  let { folder } = running;
  const onLowSpace = toldBy(running);
  // A power cut may have taken even the folder: then this leaves one that says so.
  if (boot !== undefined && !existsSync(folder)) await readEvidence(folder, { boot });
  for (; existsSync(folder); folder += "x") {
    const found = await readEvidence(folder, boot === undefined ? {} : { boot });
    const start = readStart(folder);
    if ((found.state === "exited" || found.state === "gone") && found.lapsed) await running.warn(lapsedText);
    if (found.state === "exited") return resultOf(running, { exitCode: found.exitCode, signal: null }, start);
    // Its wrapper ended the group: nothing of it goes on, as after a time limit.
    if (found.state === "gone" && found.lapsed) return resultOf(running, { exitCode: null, signal: "SIGKILL" }, start);
    if (found.state === "gone" && !running.mayRepeat) throw new Unknown(name);
    if (found.state === "running")
      return follow(running, attachProcess(found.handle, { ...running, onLowSpace }), start, limitsOf(running, true));
  }
  // Looked at only now: what an earlier start left running has to be found to be stopped.
  if (signal.aborted) throw signal.reason;
  const start = noteStart(folder, running);
  const process = startProcess({ ...running, folder, onLowSpace });
  return follow(running, process, start, limitsOf(running, false));
}

async function follow(
  running: Running,
  process: RunningProcess,
  start: Start,
  limits: Limit[],
): Promise<ProcessResult> {
  const { signal, graceMs, onStart, warn } = running;
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
    if (escaped.length > 0) await warn(`these processes got away from being stopped: ${escaped.join(", ")}`);
    if (stopped !== undefined) throw stopped;
    if (end.exitCode === null && end.signal === null) throw new Unknown(running.name);
    if (end.lapsed) await heedLapse(running);
    else if (end.remaining.length > 0) await warn(`it left processes running: ${end.remaining.join(", ")}`);
    return resultOf(running, end, start);
  } finally {
    for (const callOff of alarms) callOff();
    signal.removeEventListener("abort", onAbort);
  }
}

/** A record that can't be written now fails the step's next awaited write as well. */
const toldBy = (running: Running) => (low: LowSpace) =>
  void running.warn(lowSpaceText(running.out, low)).catch(() => {});

function lowSpaceText(file: string, { paused, free }: LowSpace): string {
  const left = `${Math.floor(free / 2 ** 20)} MiB are free at ${dirname(file)}`;
  return paused
    ? `its output is filling the disk, ${left}: it is paused, and goes on by itself when there is room`
    : `there is room again, ${left}: it goes on`;
}
