import { z } from "zod";
import type { Mapping } from "../core/value.ts";
import { lockTree } from "../git/lock-tree.ts";
import { hasAdded, ownWorkOf, refreshIndex } from "../git/own-work.ts";
import { openTree } from "../git/tree.ts";
import { asHistory, call, type GitCommand, type GitSession, isOfRoot, outcomeOf, readCommand } from "./git-call.ts";
import { commit } from "./git-commit.ts";
import { pull, push } from "./git-remote.ts";
import { directoryOf } from "./process-words.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed, type Rendering, type StepOutcome } from "./step.ts";

/** Hooks of the user may take their time, but not all of it. Seconds. */
const hookLimit = 300;

const schema = z.strictObject({
  command: z.string().optional().describe("A git command, split into words as sh would, run without a shell."),
  commands: z.array(z.string()).min(1).optional().describe("Git commands; stops at the first that fails."),
  directory: wordSchema.optional().describe("The work tree; relative to the repository, which is the default."),
});
type GitConfig = z.infer<typeof schema>;

export const git = defineStep({
  summary: "Run git: commit what this operation added, push it, bring the tree up to date.",
  schema,
  languages: { command: "git", commands: "git" },
  places: ["directory"],
  worksOn: () => [null],
  effect: "changes",
  resumes: true,
  defaultTimeout: hookLimit,

  faults(config) {
    if ("command" in config === "commands" in config) {
      return [{ key: "commands" in config ? "commands" : "command", message: "write either command or commands" }];
    }
    return textsOf(config).flatMap(([key, text]) =>
      /^\s*(git\s|\$\{)/.test(text)
        ? []
        : [{ key, message: "only git is run in a git step", hint: "Use a `command` step for other programs." }],
    );
  },

  plan: (config, context) =>
    commandsOf(config, context).map(({ globals, subcommand, args }) => ({
      label: "git",
      text: `$ ${["git", ...globals, subcommand, ...args].map(quoted).join(" ")}`,
    })),

  async run(config, context) {
    // All are filled in before the first runs: a value that is refused leaves nothing half done.
    const commands = commandsOf(config, context);
    const directory = directoryOf(context, config.directory);
    const tree = await openTree({ directory, env: context.env, signal: context.signal });
    if (!tree) return runAll(commands, { context, directory });
    const lock = await lockTree(tree);
    try {
      const own = ownWorkOf(tree, context.operation.id);
      return await runAll(commands, { context, directory, own, lockFd: lock.fd });
    } finally {
      lock.release();
    }
  },
});

async function runAll(commands: GitCommand[], session: GitSession): Promise<StepOutcome> {
  const outputs: string[] = [];
  const record = { exit_code: 0, stdout: "", stderr: "" };
  for (const [number, command] of commands.entries()) {
    const outcome = await runOne(command, session, `${session.context.token}/${number}`);
    if (outcome.kind !== "done") return outcome;
    if (outcome.value !== "") outputs.push(String(outcome.value));
    record.stdout += outcome.record?.stdout ?? "";
    record.stderr += outcome.record?.stderr ?? "";
  }
  return done(outputs.join("\n"), record);
}

async function runOne(command: GitCommand, session: GitSession, key: string): Promise<StepOutcome> {
  const { subcommand, args } = command;
  const { own, context } = session;
  if (own && isOfRoot(own.tree.common, context) && otherThanForward.has(subcommand)) {
    return failed(
      `git ${subcommand} is refused: a git step moves the repository's own tree only by fast-forward. Work in another clone (\`directory\`), or in a \`command\` step`,
    );
  }
  if (subcommand === "commit") return commit(session, command, key);
  if (own && (changesIndex.has(subcommand) || hasAdded(own))) await refreshIndex(own);
  if (subcommand === "push") return push(session, command);
  if (subcommand === "pull") return pull(session, command);
  if (subcommand === "merge") {
    const forward = { ...command, args: ["--ff-only", ...args] };
    return outcomeOf(await asHistory(session, () => call(session, forward)));
  }
  return outcomeOf(await call(session, command));
}

const changesIndex: ReadonlySet<string> = new Set(["add", "stage", "rm", "mv"]);
const otherThanForward: ReadonlySet<string> = new Set(
  "reset checkout switch restore stash rebase clean cherry-pick revert am bisect filter-branch read-tree checkout-index".split(
    " ",
  ),
);

const textsOf = (config: Mapping): [string, string][] =>
  (["command", "commands"] as const).flatMap((key) =>
    [config[key] ?? []].flat().map((text): [string, string] => [key, String(text)]),
  );

function commandsOf({ command, commands }: GitConfig, context: Rendering): GitCommand[] {
  return (commands ?? [command ?? ""]).map((text) => readCommand(context.words(text)));
}

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
