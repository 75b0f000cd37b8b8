/** What `command` and `ssh_command` share: scripts for a shell, one after the other, and what is expected of them. */
import { z } from "zod";
import type { Mapping } from "../core/value.ts";
import type { Script } from "../template/shell/render.ts";
import { asUser } from "./as-user.ts";
import { isExpected } from "./check.ts";
import { describeEnd, directoryOf, lastLines } from "./process-words.ts";
import { proseSchema, wholeNumberSchema, wordSchema } from "./scalar-schemas.ts";
import {
  done,
  failed,
  type PlanLine,
  type ProcessResult,
  type Rendering,
  type StepContext,
  type StepOutcome,
} from "./step.ts";

export const shellKeys = {
  command: z.string().optional().describe("Script for the shell."),
  commands: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Scripts, each in its own shell; stops at the first that fails."),
  directory: wordSchema
    .optional()
    .describe(
      "Where it runs; relative to the repository, which is the default; on another machine to the home folder there.",
    ),
  env: z.record(z.string(), proseSchema).optional().describe("Variables, raw values."),
  stdin: proseSchema.optional().describe("Standard input, the raw value. Empty without it."),
  shell: z.enum(["sh", "bash", "dash", "zsh", "ksh"]).optional().describe("The interpreter; /bin/sh without it."),
  expected_exit: wholeNumberSchema(0, 255).optional().describe("The exit code of success; 0 without it."),
  expected_output: proseSchema.optional().describe("The trimmed standard output equals it; `/regex/` is found in it."),
};
const schema = z.object(shellKeys);
export type ShellConfig = z.infer<typeof schema>;

export const shellLanguages = { command: "shell", commands: "shell" } as const;

export const statesExpectation = (config: Mapping) => "expected_exit" in config || "expected_output" in config;

export const shellFaults = (config: Mapping) =>
  "command" in config === "commands" in config
    ? [{ key: "command" in config ? "commands" : "command", message: "write either command or commands" }]
    : [];

export function showShell(config: ShellConfig, context: Rendering): PlanLine[] {
  const lines = scriptsOf(config, context).map(({ shown }) => ({ label: "command", text: `$ ${shown}` }));
  const env = Object.entries(config.env ?? {}).map(([name, value]) => ({ label: "env", text: `${name}=${value}` }));
  const directory = config.directory === undefined ? [] : [{ label: "directory", text: config.directory }];
  return [...directory, ...env, ...lines];
}

/** `become`: who runs it, where that is not the one who we are, or log in as. `host`: another machine. */
export type Where = { become?: string | undefined; host?: string | undefined; user?: string | undefined };

export async function runShell(config: ShellConfig, context: StepContext, where: Where = {}): Promise<StepOutcome> {
  const { expected_exit: expectedExit = 0, expected_output: expected } = config;
  const spawn = spawnIn(config, context, where);
  // All are filled in before the first runs: a value that is refused leaves nothing half done.
  const scripts = scriptsOf(config, context);
  const record = { stdout: "", stderr: "" };

  for (const [index, script] of scripts.entries()) {
    const { exitCode, signal, stdout, stderr } = await spawn(script);
    record.stdout += stdout;
    record.stderr += stderr;
    const ended = exitCode === null ? record : { ...record, exit_code: exitCode };
    if (exitCode !== expectedExit) {
      const which = scripts.length > 1 ? `command ${index + 1} of ${scripts.length}: ` : "";
      return failed(`${which}${describeEnd(exitCode, signal)}${lastLines(stderr.trim() ? stderr : stdout)}`, ended);
    }
  }

  const ended = { ...record, exit_code: expectedExit };
  const output = record.stdout.trim();
  if (expected === undefined || (await isExpected(output, expected))) return done(output, ended);
  return failed(`the output is ${JSON.stringify(output.slice(0, 200))}, expected ${expected}`, ended);
}

function spawnIn(
  { shell = "sh", env, stdin, directory }: ShellConfig,
  context: StepContext,
  { host, user, become }: Where,
): (script: Script) => Promise<ProcessResult> {
  const common = { ...(env && { env }), ...(stdin !== undefined && { stdin }) };
  if (host === undefined) {
    const here = { ...common, directory: directoryOf(context, directory) };
    return (script) => context.spawn(asUser(become, { run: { script, shell }, ...here }));
  }
  const there = {
    ...common,
    host,
    ...(user !== undefined && { user }),
    ...(become !== undefined && { become }),
    ...(directory !== undefined && { directory }),
  };
  return (script) => context.spawn({ run: { script, shell }, ...there });
}

function scriptsOf({ command, commands }: ShellConfig, context: Rendering): Script[] {
  return (commands ?? [command ?? ""]).map((text) => context.shell(text));
}
