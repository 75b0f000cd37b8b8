/** One git command of a step: what it is, and the running of it under the repository's lock. */
import { hostname } from "node:os";
import { findGitFolder } from "../core/git-folder.ts";
import { problem } from "../core/problem.ts";
import { gitFlags, gitVariables } from "../git/git.ts";
import { hasAdded, type OwnWork } from "../git/own-work.ts";
import { identityVariables, type Tree } from "../git/tree.ts";
import { describeEnd, lastLines } from "./process-words.ts";
import { done, failed, type ProcessResult, type StepContext, type StepOutcome } from "./step.ts";

/** `git [global options] subcommand arguments`. */
export type GitCommand = { globals: string[]; subcommand: string; args: string[] };

/** A step's hold on a repository; without `own` there is none yet (`git clone`, `git init`). */
export type GitSession = {
  context: StepContext;
  directory: string;
  own?: OwnWork;
  lockFd?: number;
};

const withArgument: ReadonlySet<string> = new Set([
  "-c",
  "--config-env",
  "--exec-path",
  "--namespace",
  "--attr-source",
]);
const elsewhere = /^(-C|--git-dir|--work-tree)(=|$)/;

/** Throws `value-refused` for what is not one git command. */
export function readCommand(words: readonly string[]): GitCommand {
  const refuse = (message: string, hint: string) =>
    problem({ kind: "value-refused", code: "E_GIT", where: words.join(" "), message, hint });
  if (words[0] !== "git") throw refuse("this is not a git command", "Use a `command` step for other programs.");
  let at = 1;
  for (; words[at]?.startsWith("-"); at++) {
    if (elsewhere.test(words[at] ?? "")) throw refuse(`${words[at]} names another place`, "Use the key `directory`.");
    if (withArgument.has(words[at] ?? "")) at++;
  }
  const subcommand = words[at];
  if (subcommand === undefined) throw refuse("it has no subcommand", "Such as git status.");
  return { globals: words.slice(1, at), subcommand, args: words.slice(at + 1) };
}

/** Options of a subcommand, and what stands beside them; `valued` are those that take the next word. */
export function splitArguments(args: readonly string[], valued: ReadonlySet<string>) {
  const options: string[] = [];
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? "";
    if (word === "--") return { options, operands: [...operands, ...args.slice(at + 1)] };
    if (!word.startsWith("-") || word === "-") operands.push(word);
    else if (valued.has(word)) options.push(word, args[++at] ?? "");
    else options.push(word);
  }
  return { options, operands };
}

/** Runs it as the step's process, with the user's hooks, and with the operation's own index once it has one. */
export async function call(session: GitSession, { globals, subcommand, args }: GitCommand): Promise<ProcessResult> {
  const { context, directory, own, lockFd } = session;
  const identity = own && namesPeople.has(subcommand) ? await identityVariables(own.tree, hostname()) : {};
  const index = own && hasAdded(own) && !movesTree.has(subcommand) ? { GIT_INDEX_FILE: own.index } : {};
  return context.spawn({
    run: { program: "git", args: [...gitFlags, ...globals, subcommand, ...args] },
    directory,
    env: { ...gitVariables(context.env), ...identity, ...index },
    ...(lockFd !== undefined && { inheritFd: lockFd }),
  });
}

const namesPeople: ReadonlySet<string> = new Set(["commit", "tag", "notes", "pull", "merge"]);
/** These must see the user's own index, to keep what is in it. */
const movesTree: ReadonlySet<string> = new Set(["pull", "merge"]);

/** In the repository that the templates are in. */
export const isOfRoot = (common: string, { root }: StepContext) => findGitFolder(root)?.common === common;

/** For what moves a tree: a state file that we have written would stand in the way of what comes. */
export async function asHistory<T>({ own, context }: GitSession, work: () => Promise<T>): Promise<T> {
  if (!own || !isOfRoot(own.tree.common, context)) return work();
  return context.withHistory(own.tree, work);
}

export function outcomeOf(result: ProcessResult): StepOutcome {
  const { exitCode, signal, stdout, stderr } = result;
  const record = recordOf(result);
  if (exitCode === 0) return done(stdout.trim(), record);
  return failed(`${describeEnd(exitCode, signal)}${lastLines(stderr.trim() ? stderr : stdout)}`, record);
}

export const recordOf = ({ exitCode, stdout, stderr }: ProcessResult) => ({
  stdout,
  stderr,
  ...(exitCode !== null && { exit_code: exitCode }),
});

/** The work tree that a call works in. Throws `configuration` where there is none. */
export function requireOwn({ own, directory }: GitSession): OwnWork & { tree: Tree } {
  if (own) return own;
  throw problem({ kind: "configuration", where: directory, message: "this folder is in no git repository" });
}
