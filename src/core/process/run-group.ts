/** A program that answers soon, in a group of its own, which is ended when its time is over. */
import { alarm } from "../clock.ts";
import { problem } from "../problem.ts";
import { problemOf } from "./trouble.ts";

export type GroupRun = {
  /** For messages. */
  what: string;
  cwd: string;
  env: Record<string, string>;
  stdin: Buffer;
  limitMs: number;
  signal?: AbortSignal;
};

/** Texts are bytes, one a character (latin1). */
export type GroupResult = { exitCode: number; stdout: string; stderr: string };

/** Whatever the exit code. Throws `program-missing`, `timed-out`, and what the signal is aborted with. */
export async function runGroup(
  command: readonly [string, ...string[]],
  { what, cwd, env, stdin, limitMs, signal }: GroupRun,
): Promise<GroupResult> {
  const child = start([...command], { cwd, env, stdin });
  const late = AbortSignal.timeout(limitMs);
  const stop = signal ? AbortSignal.any([signal, late]) : late;
  const end = () => endGroup(child.pid);
  stop.addEventListener("abort", end, { once: true });
  try {
    const outputs = [collect(child.stdout), collect(child.stderr)];
    await child.exited;
    // What it left running, such as the ssh that keeps a connection for the next call, may hold them open.
    const drained = alarm(drainMs, () => outputs.forEach((output) => void output.leave()));
    const [stdout = "", stderr = ""] = await Promise.all(outputs.map(({ text }) => text));
    drained();
    signal?.throwIfAborted();
    if (late.aborted) throw problem({ kind: "timed-out", what, seconds: limitMs / 1_000 });
    return { exitCode: child.exitCode ?? 128, stdout, stderr };
  } finally {
    stop.removeEventListener("abort", end);
  }
}

type Start = { cwd: string; env: Record<string, string>; stdin: Buffer };

function start(command: string[], options: Start) {
  try {
    return Bun.spawn(command, { ...options, stdout: "pipe", stderr: "pipe", detached: true });
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ENOENT") throw problemOf(cause, command[0] ?? "");
    throw problem({ kind: "program-missing", program: command[0] ?? "", needed: `working in ${options.cwd}` }, cause);
  }
}

/** All that comes until the stream ends, or is left. */
function collect(stream: ReadableStream<Uint8Array>): { text: Promise<string>; leave(): Promise<void> } {
  const reader = stream.getReader();
  const read = async () => {
    const chunks: Uint8Array[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    return Buffer.concat(chunks).toString("latin1");
  };
  return { text: read(), leave: () => reader.cancel() };
}

const drainMs = 2_000;

/** What it speaks through (ssh, a credential helper) holds its output open, and would outlive it. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
    setTimeout(() => endHard(pid), graceMs).unref();
  } catch {
    // It has ended by itself.
  }
}

function endHard(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}

/** For git to remove its own lock files. */
const graceMs = 2_000;
