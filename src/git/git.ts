/**
 * Git, by arguments alone. What the user's configuration would start on the side (a file monitor, a pager,
 * a question, housekeeping) does not happen; their hooks run only for their own git steps.
 */
import { alarm } from "../core/clock.ts";
import { childEnvironment } from "../core/environment.ts";
import { problem } from "../core/problem.ts";
import { problemOf } from "../core/process/trouble.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Of every call: nothing on the side, and no transport that is a command line (`ext::…`). */
export const gitFlags: readonly string[] = [
  ["core.fsmonitor", "false"],
  ["protocol.ext.allow", "never"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
].flatMap(([key, value]) => ["-c", `${key}=${value}`]);

/** Variables for a git that can ask nobody. How to reach a remote stays as the user has set it. */
export function gitVariables(base: Env): Record<string, string> {
  const kept = ["GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSH_VARIANT"].flatMap((name) => {
    const value = base[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(kept),
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "false",
    SSH_ASKPASS_REQUIRE: "never",
    GCM_INTERACTIVE: "never",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_EDITOR: ":",
  };
}

/** Where git works, and in which environment it is asked. */
export type GitPlace = {
  directory: string;
  env: Env;
  signal?: AbortSignal;
  /** The repository, where it is not the one that `directory` is in. */
  gitDir?: string;
  /** Further configuration of every call, by the environment: it may hold credentials. */
  config?: readonly (readonly [key: string, value: string])[];
};

export type GitOptions = {
  /** An index file of our own, instead of the user's. */
  index?: string;
  /** A work tree of our own; git then needs to be told where the repository is. */
  elsewhere?: { gitDir: string; workTree: string };
  input?: string;
  /** Milliseconds until it is ended, with everything that it started. */
  limitMs?: number;
};

/** Texts are bytes, one a character (latin1): paths and messages need not be UTF-8. See `readable`. */
export type GitResult = { exitCode: number; stdout: string; stderr: string };

export const readable = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");

const defaultLimitMs = 120_000;

/** A call of our own: no hooks, answers in English, whatever the exit code. Throws `program-missing`, `timed-out`. */
export async function git(
  { directory, env, signal, gitDir, config = [] }: GitPlace,
  args: readonly string[],
  { index, elsewhere, input, limitMs = defaultLimitMs }: GitOptions = {},
): Promise<GitResult> {
  signal?.throwIfAborted();
  const variables = childEnvironment(env, {
    ...gitVariables(env),
    LC_ALL: "C",
    ...(index !== undefined && { GIT_INDEX_FILE: index }),
    ...(gitDir !== undefined && { GIT_DIR: gitDir }),
    ...configVariables(config),
    ...(elsewhere && { GIT_DIR: elsewhere.gitDir, GIT_WORK_TREE: elsewhere.workTree }),
  });
  const child = start(["git", ...gitFlags, "-c", "core.hooksPath=/dev/null", ...args], {
    cwd: elsewhere?.workTree ?? directory,
    env: variables,
    stdin: Buffer.from(input ?? "", "latin1"),
  });
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
    if (late.aborted) throw problem({ kind: "timed-out", what: `git ${args[0]}`, seconds: limitMs / 1_000 });
    return { exitCode: child.exitCode ?? 128, stdout, stderr };
  } finally {
    stop.removeEventListener("abort", end);
  }
}

function configVariables(config: GitPlace["config"] & {}): Record<string, string> {
  if (config.length === 0) return {};
  const pairs = config.flatMap(([key, value], number) => [
    [`GIT_CONFIG_KEY_${number}`, key],
    [`GIT_CONFIG_VALUE_${number}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(config.length), ...Object.fromEntries(pairs) };
}

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

/** The standard output, without its last line end, of a call that has to succeed. Throws `input-output`. */
export async function gitText(place: GitPlace, args: readonly string[], options?: GitOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await git(place, args, options);
  if (exitCode === 0) return stdout.replace(/\n$/, "");
  throw problem({
    kind: "input-output",
    what: `git ${args.join(" ")}`,
    why: readable(stderr).trim() || `exit ${exitCode}`,
  });
}

type Start = { cwd: string; env: Record<string, string>; stdin: Buffer };

function start(command: string[], options: Start) {
  try {
    return Bun.spawn(command, { ...options, stdout: "pipe", stderr: "pipe", detached: true });
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ENOENT") throw problemOf(cause, "git");
    throw problem({ kind: "program-missing", program: "git", needed: `working in ${options.cwd}` }, cause);
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
