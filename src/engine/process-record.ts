/** What is kept of a step's processes, wherever they run: where their output begins, how much time they have left. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { sizeOf } from "../core/output/cap.ts";
import { readOutput } from "../core/output.ts";
import { problem } from "../core/problem.ts";
import { problemOf } from "../core/process/trouble.ts";
import type { ProcessResult } from "../steps/step.ts";

type Files = { out: string; err: string };

/** Where in the step's output files this process began: a step may have several, one after the other. */
export type Start = { out: number; err: number };

/** Before anything is started: whoever finds the process again needs it. */
export function noteStart(folder: string, files: Files): Start {
  const start = { out: sizeOf(files.out), err: sizeOf(files.err) };
  writeNote(folder, "start", `${start.out} ${start.err}\n`);
  return start;
}

/** Throws `storage-full`, `input-output`, `machine-exhausted`. */
export function writeNote(folder: string, name: string, text: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  } catch (cause) {
    throw problemOf(cause, folder);
  }
}

/** From the beginning, where a power cut has left nothing of it. */
export function readStart(folder: string): Start {
  const [, out, err] = /^(\d+) (\d+)\n$/.exec(readNote(folder, "start")) ?? [];
  return { out: Number(out ?? 0), err: Number(err ?? 0) };
}

/** Empty where there is none. */
export function readNote(folder: string, name: string): string {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

export type Limit = { timeoutMs: number; leftMs: number };

type Limited = {
  timeoutMs: number | undefined;
  stepLimit: { timeoutMs: number; startedAt: number } | undefined;
};

export function limitsOf({ timeoutMs, stepLimit }: Limited, isAttached: boolean): Limit[] {
  const own = timeoutMs === undefined ? [] : [{ timeoutMs, leftMs: timeoutMs }];
  if (!isAttached || stepLimit === undefined) return own;
  // A clock that was set back must not give it more than its whole time.
  const spentMs = Math.max(0, systemClock.now() - stepLimit.startedAt);
  return [...own, { timeoutMs: stepLimit.timeoutMs, leftMs: Math.max(0, stepLimit.timeoutMs - spentMs) }];
}

export const tooLong = (timeoutMs: number) =>
  problem({ kind: "timed-out", what: "its command", seconds: timeoutMs / 1000 });

export const lapsedText = "it was ended, as the time that it was given had passed and nobody had given it more";

/**
 * It was ended by its wrapper, which counts whole seconds: it may be before us by one. Throws the signal's reason where its
 * lock turns out to be lost, as then nothing may be rolled back.
 */
export async function heedLapse({ warn, signal }: Lapsing): Promise<void> {
  await warn(lapsedText);
  await systemClock.sleep(1_500, signal).catch(() => {});
  signal.throwIfAborted();
}

type Lapsing = { warn(message: string): Promise<void>; signal: AbortSignal };

/** Bytes of a stream that become a value: it is copied into scope, journal and events. The file has the rest. */
const longestValue = 256 * 1024;

export function resultOf(
  { out, err }: Files,
  { exitCode, signal }: Pick<ProcessResult, "exitCode" | "signal">,
  start: Start,
): ProcessResult {
  const text = (file: string, from: number) => readOutput(file, { from, limit: longestValue }).text;
  return { exitCode, signal, stdout: text(out, start.out), stderr: text(err, start.err) };
}
