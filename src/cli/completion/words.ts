/** What may stand where the cursor is: commands, flags and their values, and what a command takes. */
import { showSafe } from "../../core/redact.ts";
import { type Command, everywhere, type Option } from "../command.ts";
import { takesNext } from "../dispatch.ts";
import { topics } from "../help-topics.ts";
import { commands } from "../index.ts";
import { openPlaces } from "../open.ts";
import { oneLine } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { type Candidate, sourceOf } from "./values.ts";

/** `words`: what follows `garza`, the last one being typed (or empty). Nothing rather than a problem. */
export async function complete(words: readonly string[], terminal: Terminal): Promise<Candidate[]> {
  const typed = words.at(-1) ?? "";
  const found = await candidates(words.slice(0, -1), typed, terminal).catch((): Candidate[] => {
    // Somebody is typing: outside a repository, or with a damaged one, the command itself will say why.
    return [];
  });
  const fitting = new Map(
    found.filter(({ word }) => word.startsWith(typed) && isPlain(word)).map((one) => [one.word, one]),
  );
  return [...fitting.values()].map(({ word, says }) => ({ word, ...(says && { says: oneLine(says).slice(0, 80) }) }));
}

const isPlain = (word: string) => showSafe(word) === word && !/[\n\t]/.test(word);

async function candidates(before: readonly string[], typed: string, terminal: Terminal): Promise<Candidate[]> {
  const skipped = flagsBefore(before);
  const words = before.slice(skipped);
  if (words[0] === "help") return helpWords(words.slice(1));
  const entry = [2, 1]
    .map((count) => commands.find(({ name }) => name === words.slice(0, count).join(" ")))
    .find((found) => found);
  const second = words.length === 1 ? secondWords(words[0] ?? "") : [];
  if (!entry) return words.length === 0 ? firstWords(typed) : second;

  const command = await entry.load();
  const options = [...command.options, ...everywhere];
  const own = words.slice(entry.name.split(" ").length);
  const value = valueBeingTyped(own, typed, options);
  const args = argumentsIn(own, options);
  const place = { command, args, before, typed, terminal, places: () => placesOf(before, terminal) };
  if (value) {
    const known = await sourceOf(value.flag, value.takes)(place);
    return known.map((one) => ({ ...one, word: `${value.prefix}${one.word}` }));
  }
  if (typed.startsWith("-")) return flagWords(options, own);
  const takes = takenAt(command, args.length);
  return [...second, ...(takes === undefined ? [] : await sourceOf(command.name, takes)(place))];
}

/** Flags may stand before the command. */
function flagsBefore(words: readonly string[]): number {
  let at = 0;
  while (words[at]?.startsWith("-")) at += takesNext(words[at]) ? 2 : 1;
  return at;
}

const shown = commands.filter(({ hidden }) => !hidden);
const groups = Map.groupBy(shown, ({ name }) => name.split(" ")[0] ?? name);

function firstWords(typed: string): Candidate[] {
  if (typed.startsWith("-")) return flagWords(everywhere, []);
  const words = [...groups].map(([word, within]) => ({
    word,
    says: within.find(({ name }) => name === word)?.summary ?? within.map(({ name }) => name.split(" ")[1]).join(", "),
  }));
  return sorted([...words, { word: "help", says: "How to use a command, and more to read" }]);
}

function secondWords(group: string): Candidate[] {
  const within = groups.get(group) ?? [];
  return sorted(
    within.flatMap(({ name, summary }) => (name === group ? [] : [{ word: name.split(" ")[1] ?? "", says: summary }])),
  );
}

function helpWords(words: readonly string[]): Candidate[] {
  if (words.length === 1) return secondWords(words[0] ?? "");
  return words.length > 0
    ? []
    : [...firstWords(""), ...topics.map(({ name, summary }) => ({ word: name, says: summary }))];
}

const longName = ({ flags }: Option) => /--[a-z-]+/.exec(flags)?.[0] ?? flags;

/** Each but those that were given already. */
const flagWords = (options: readonly Option[], given: readonly string[]): Candidate[] =>
  sorted(options.map((option) => ({ word: longName(option), says: option.says }))).filter(
    ({ word }) => !given.some((each) => each === word || each.startsWith(`${word}=`)),
  );

type Value = { flag: string; takes: string; prefix: string };

/** `--status fai`, `--status=fai`. */
function valueBeingTyped(words: readonly string[], typed: string, options: readonly Option[]): Value | undefined {
  const [, written] = /^(--[a-z-]+)=/.exec(typed) ?? [];
  const flag = written ?? words.at(-1) ?? "";
  const option = options.find(({ flags }) => flags.split(/[ ,]+/).includes(flag));
  const [, takes] = /<([a-z-]+)>/.exec(option?.flags ?? "") ?? [];
  if (!option || takes === undefined) return undefined;
  return { flag: longName(option), takes, prefix: written === undefined ? "" : `${written}=` };
}

/** The words that are no flags nor their values. */
function argumentsIn(words: readonly string[], options: readonly Option[]): string[] {
  const takesValue = (word: string) =>
    options.some(({ flags }) => flags.includes("<") && flags.split(/[ ,]+/).includes(word));
  return words.filter((word, at) => !word.startsWith("-") && !takesValue(words[at - 1] ?? ""));
}

/** What the command takes there: `template`, `parameters`; undefined behind the last one. */
function takenAt({ takes }: Command, at: number): string | undefined {
  const names = takes.match(/[a-z]+/g) ?? [];
  return names[at] ?? (takes.includes("...") ? names.at(-1) : undefined);
}

function placesOf(before: readonly string[], terminal: Terminal) {
  const at = before.findIndex((word) => word === "--root" || word.startsWith("--root="));
  const root = before[at]?.includes("=") ? before[at]?.slice("--root=".length) : before[at + 1];
  return openPlaces({ value: (flag) => (flag === "root" && at >= 0 ? root : undefined), terminal });
}

const sorted = (candidates: Candidate[]) => candidates.toSorted((a, b) => (a.word < b.word ? -1 : 1));
