import { nearest } from "../core/nearest.ts";
import { describe, exitCode, GarzaError, problem } from "../core/problem.ts";
import { showSafe } from "../core/redact.ts";
import { parse } from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import { topics } from "./help-topics.ts";
import { commands, type Entry } from "./index.ts";
import { narrow } from "./narrow.ts";
import { widthOf } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** Finds the command that was typed and runs it; resolves to the exit code, never rejects. */
export async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const code = await runTyped(argv, terminal);
    await terminal.out.drained();
    return code;
  } catch (thrown) {
    return report(thrown, argv, terminal);
  }
}

async function runTyped(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { before, rest } = splitBefore(argv);
  const asksHelp = before.some(isHelp);
  const [word = "", ...flags] = rest;
  if (groupOf([word]) && flags.some(isHelp) && flags.every((flag) => flag.startsWith("-")))
    return help([word], before, terminal);
  if (rest[0] === "help" || rest.length === 0 || asksHelp) {
    return help(rest[0] === "help" ? rest.slice(1) : rest, before, terminal);
  }
  const { entry, words } = find(rest);
  const command = await entry.load();
  const { cac } = await import("cac");
  const call = parse(cac("garza"), command, [...before, ...rest.slice(words)]);
  if (call.flag("help")) {
    tell(commandHelp(command), terminal);
    return 0;
  }
  const host = call.value("on");
  if (host === "all" && command.onAll) return command.onAll({ ...call, terminal });
  if (host !== undefined) return (await import("./remote/on-host.ts")).runOnHost(host, command, { ...call, terminal });
  const typed = { ...call, terminal };
  // Loaded for root alone.
  const asked = process.getuid?.() === 0 ? (await import("./as-owner.ts")).asOwner(typed, command) : typed;
  return command.run(asked);
}

/** Of the flags that may stand before a command. */
export const takesNext = (flag: string | undefined) => flag === "--root" || flag === "--on";
const isHelp = (flag: string) => flag === "--help" || flag === "-h";

/** Flags may stand before the command: `garza --root DIR status`. */
function splitBefore(argv: readonly string[]): { before: readonly string[]; rest: readonly string[] } {
  let at = 0;
  while (argv[at]?.startsWith("-")) at += takesNext(argv[at]) ? 2 : 1;
  return { before: argv.slice(0, at), rest: argv.slice(at) };
}

async function help(words: readonly string[], before: readonly string[], terminal: Terminal): Promise<number> {
  const unknown = before.find((flag, at) => flag.startsWith("-") && !globalFlag(flag) && !takesNext(before[at - 1]));
  if (unknown) throw problem({ kind: "usage", message: `there is no flag ${unknown}`, hint: "Look: garza --help" });
  if (words[0] === "--man") terminal.out.write(await (await import("./manual/man.ts")).manPage(commands));
  else tell(await helpOn(words), terminal);
  return 0;
}

const tell = (text: string, { out }: Terminal) => out.write(narrow(text, widthOf(out)));

async function helpOn(words: readonly string[]): Promise<string> {
  const within = groupOf(words);
  const topic = words.length === 1 ? topics.find(({ name }) => name === words[0]) : undefined;
  if (topic) return `${await topic.text()}\n`;
  if (words.length === 0) return overview(commands);
  if (within) return overview(within);
  refuseUnknownTopic(words);
  return commandHelp(await find(words).entry.load());
}

/** Where one word is the first of several commands, and none by itself. */
function groupOf(words: readonly string[]): readonly Entry[] | undefined {
  const [word, ...rest] = words;
  const within = commands.filter(({ name }) => name.split(" ")[0] === word);
  return rest.length === 0 && within.length > 1 && !within.some(({ name }) => name === word) ? within : undefined;
}

/** `garza help exit-code` is nearer to a topic than to a command. */
function refuseUnknownTopic([word = "", ...rest]: readonly string[]): void {
  const isGroup = commands.some(({ name }) => name.split(" ")[0] === word);
  const [near] = isGroup || rest.length > 0 ? [] : nearest(word, [...topics.map(({ name }) => name), "--man"]);
  if (near === undefined) return;
  throw problem({ kind: "usage", message: `there is nothing on ${word}`, hint: `Did you mean: garza help ${near}` });
}

const globalFlag = (flag: string) => /^(--(root|on)(=.*)?|--json|--help|-h)$/s.test(flag);

/** The command of one word or two; throws `usage` with the nearest known one. */
function find(words: readonly string[]): { entry: Entry; words: number } {
  for (const count of [2, 1]) {
    const entry = commands.find(({ name }) => name === words.slice(0, count).join(" "));
    if (entry) return { entry, words: count };
  }
  const [first = "", second] = words;
  const shown = commands.filter(({ hidden }) => !hidden);
  const within = shown.map(({ name }) => name.split(" ")).filter(([group, own]) => group === first && own);
  if (within.length > 0) {
    const known = within.map(([, own = ""]) => own);
    const [near] = second === undefined ? [] : nearest(second, known);
    throw problem({
      kind: "usage",
      message: second === undefined ? `${first} needs a second word` : `there is no command ${first} ${second}`,
      hint: near
        ? `Did you mean: garza ${first} ${near}`
        : `Known: ${known.map((own) => `${first} ${own}`).join(", ")}`,
    });
  }
  const typed = second && !second.startsWith("-") ? `${first} ${second}` : first;
  const [near] = [
    ...nearest(first, [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name)), "help"]),
    ...nearest(
      typed,
      commands.map(({ name }) => name),
    ),
  ];
  throw problem({
    kind: "usage",
    message: `there is no command ${first}`,
    hint: near ? `Did you mean: garza ${near}` : "List them: garza --help",
  });
}

/** A problem is told; anything else is a bug, told with its stack. */
function report(thrown: unknown, argv: readonly string[], terminal: Terminal): number {
  if (thrown instanceof GarzaError) {
    const { problem: told } = thrown;
    if (argv.includes("--json"))
      terminal.out.write(`${JSON.stringify({ problem: { ...told, message: describe(told) } })}\n`);
    terminal.err.write(`garza: ${showSafe(describe(told))}\n`);
    return exitCode(told);
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  terminal.err.write(`garza: this is a bug in garza, please report it with these lines:\n${showSafe(stack)}\n`);
  return 70;
}
