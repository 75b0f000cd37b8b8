/**
 * A thin layer over cac, which has no two-word commands, turns `--key 0123` into a number and passes
 * unknown commands in silence. Here every flag is looked up and written in the one form that cac leaves
 * alone (`--json=true`, and a mark before each value) before cac sees it.
 */
import type { CAC } from "cac";
import { didYouMean } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import type { There } from "./remote/on-host.ts";
import type { Terminal } from "./terminal.ts";

/** `--timeout <duration>` takes a value, `--json` does not; `-f, --follow` has a short form. `needed`: as its command says. */
export type Option = { flags: string; says: string; needed?: true };

export type Command = {
  /** One word or two: `run`, `template list`. */
  name: string;
  /** `<template> [...parameters]`. */
  takes: string;
  summary: string;
  /** Further lines for `--help`. */
  about?: string;
  options: readonly Option[];
  examples: readonly string[];
  /** Root keeps its rights, also in another user's repository: it changes the machine, and nothing in there. */
  staysRoot?: true;
  /** From this argument on words are taken as they are: they are another program's. */
  verbatimFrom?: number;
  /** It may take data from standard input. */
  readsInput?: true;
  /** It is about this machine: `--on` is refused. */
  staysHere?: true;
  /** Resolves to the exit code. */
  run(call: Call): Promise<number>;
  /** By the agent of another host, where one serves there: the exit code. Undefined: garza there is to do it. */
  onHost?(call: Call, there: There): Promise<number | undefined>;
  /** The same of every host at once: `--on all`. */
  onAll?(call: Call): Promise<number>;
};

export type Call = {
  args: readonly string[];
  flag(name: string): boolean;
  value(name: string): string | undefined;
  terminal: Terminal;
  /** What was typed after the command, flags before arguments: for another machine to read. */
  typed: readonly string[];
};

export const everywhere: readonly Option[] = [
  { flags: "--root <dir>", says: "The repository (default: GARZA_ROOT, else the nearest parent with operations/)" },
  { flags: "--on <host>", says: "Do it on another host, where garza is as well" },
  { flags: "--json", says: "Print data as JSON" },
  { flags: "-h, --help", says: "Show how to use this command" },
];

/** Reads a command's flags and arguments. Throws `usage`, with the nearest known flag. */
export function parse(cli: CAC, command: Command, argv: readonly string[]): Omit<Call, "terminal"> {
  const options = [...command.options, ...everywhere];
  const { flags, args } = normalise(argv, options, command);
  const spec = cli.command(`${command.name} ${command.takes}`.trim(), command.summary);
  for (const option of options) spec.option(option.flags, option.says);
  const parsed = cli.parse(["", "", command.name, ...flags], { run: false }).options;
  const given = (name: string): unknown =>
    parsed[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
  for (const { flags: written } of options) {
    if (Array.isArray(given(longName(written)))) throw misuse(`--${longName(written)} is given twice`, command);
  }
  if (given("help") === undefined) checkCount(spec.args, args, command);
  return {
    args,
    flag: (name) => given(name) !== undefined,
    value: (name) => (given(name) === undefined ? undefined : String(given(name)).slice(mark.length)),
    typed: typedAgain(flags, args),
  };
}

/** Stands before every value, so that cac never takes one for a number. */
const mark = "=";
const longName = (flags: string) => /--([a-z-]+)/.exec(flags)?.[1] ?? flags;

function normalise(argv: readonly string[], options: readonly Option[], command: Command) {
  const flags: string[] = [];
  const args: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (args.length === command.verbatimFrom) return { flags, args: [...args, ...argv.slice(at)] };
    if (word === "--") return { flags, args: [...args, ...argv.slice(at + 1)] };
    if (!word.startsWith("-")) {
      args.push(word);
      continue;
    }
    const [written = "", given] = word.split(/=(.*)/s);
    const option = options.find((each) => each.flags.split(/[ ,]+/).includes(written));
    if (!option) throw unknownFlag(written, options, command);
    const name = `--${longName(option.flags)}`;
    if (!option.flags.includes("<")) {
      if (given !== undefined) throw misuse(`${name} takes no value`, command);
      flags.push(`${name}=true`);
      continue;
    }
    const value = given ?? argv[++at];
    if (!value || (given === undefined && value !== "-" && value.startsWith("-")))
      throw misuse(`${name} needs a value`, command);
    flags.push(`${name}=${mark}${value}`);
  }
  return { flags, args };
}

/** Without those that say where: which host, and which folder of this one. */
function typedAgain(flags: readonly string[], args: readonly string[]): string[] {
  const kept = flags.filter((flag) => !/^--(?:on|root)=/.test(flag));
  const written = kept.map((flag) => (/^--[a-z-]+==/.test(flag) ? flag.replace(`=${mark}`, "=") : flag.split("=")[0]));
  return [...written.flatMap((flag) => flag ?? []), ...(args.length > 0 ? ["--", ...args] : [])];
}

function checkCount(
  takes: { required: boolean; value: string; variadic: boolean }[],
  args: string[],
  command: Command,
) {
  const missing = takes.filter(({ required }) => required)[args.length];
  if (missing) throw misuse(`${command.name} needs ${missing.value.toUpperCase()}`, command);
  const extra = takes.some(({ variadic }) => variadic) ? undefined : args[takes.length];
  if (extra !== undefined) throw misuse(`${command.name} can't take ${JSON.stringify(extra)}`, command);
}

export function usageLine({ name, takes, options }: Command): string {
  const needed = options.filter((option) => option.needed).map(({ flags }) => flags);
  return ["Usage: garza", name, takes, ...needed].filter(Boolean).join(" ");
}

const misuse = (message: string, command: Command) =>
  problem({ kind: "usage", message, hint: `${usageLine(command)}\n  More: garza ${command.name} --help` });

function unknownFlag(flag: string, options: readonly Option[], command: Command) {
  const known = options.flatMap(({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? []);
  return misuse(`${command.name} has no flag ${flag}.${didYouMean(flag, known)}`, command);
}
