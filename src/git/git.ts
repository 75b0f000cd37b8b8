/**
 * Git, by arguments alone. What the user's configuration would start on the side (a file monitor, a pager,
 * a question, housekeeping) does not happen; their hooks run only for their own git steps.
 */
import { childEnvironment } from "../core/environment.ts";
import { problem } from "../core/problem.ts";
import { type GroupResult, runGroup } from "../core/process/run-group.ts";

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
export type GitResult = GroupResult;

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
  return runGroup(["git", ...gitFlags, "-c", "core.hooksPath=/dev/null", ...args], {
    what: `git ${args[0]}`,
    cwd: elsewhere?.workTree ?? directory,
    env: variables,
    stdin: Buffer.from(input ?? "", "latin1"),
    limitMs,
    ...(signal && { signal }),
  });
}

function configVariables(config: GitPlace["config"] & {}): Record<string, string> {
  if (config.length === 0) return {};
  const pairs = config.flatMap(([key, value], number) => [
    [`GIT_CONFIG_KEY_${number}`, key],
    [`GIT_CONFIG_VALUE_${number}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(config.length), ...Object.fromEntries(pairs) };
}

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
