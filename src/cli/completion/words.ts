/** What may stand where the cursor is: commands, flags, templates, parameters and their values, operations. */
import { GarzaError } from "../../core/problem.ts";
import { showSafe } from "../../core/redact.ts";
import { type Command, everywhere } from "../command.ts";
import { commands } from "../index.ts";
import { openPlaces, openTemplates } from "../open.ts";
import type { Terminal } from "../terminal.ts";
import { operationIds, parameterWords, secretWords } from "./values.ts";

/** `words`: what follows `garza`, the last one being typed (or empty). Nothing rather than a problem. */
export async function complete(words: readonly string[], terminal: Terminal): Promise<string[]> {
  const typed = words.at(-1) ?? "";
  const found = await candidates(words.slice(0, -1), typed, terminal);
  return [...new Set(found)]
    .filter((word) => word.startsWith(typed) && showSafe(word) === word && !word.includes("\n"))
    .sort();
}

async function candidates(before: readonly string[], typed: string, terminal: Terminal): Promise<string[]> {
  const entry = [2, 1]
    .map((count) => commands.find(({ name }) => name === before.slice(0, count).join(" ")))
    .find((found) => found);
  if (!entry) return before.length < 2 ? firstWords(before) : [];
  const command = await entry.load();
  const flags = [...command.options, ...everywhere];
  if (typed.startsWith("-")) return flags.flatMap(({ flags: names }) => names.match(/--[a-z-]+/g) ?? []);
  const args = positionals(before.slice(entry.name.split(" ").length), command);
  if (!args) return [];
  try {
    return await values(entry.name, args, before, terminal);
  } catch (thrown) {
    // Outside a repository, or with a damaged one, there is nothing to offer; the command itself will say why.
    if (thrown instanceof GarzaError) return [];
    throw thrown;
  }
}

const firstWords = ([group]: readonly string[]) =>
  commands
    .map(({ name }) => name.split(" "))
    .flatMap(([first = "", second]) => {
      if (group === undefined) return [first];
      return first === group && second ? [second] : [];
    });

/** The words that are no flags nor their values; undefined while a flag's value is being typed. */
function positionals(words: readonly string[], command: Command): string[] | undefined {
  const takesValue = (word: string) =>
    [...command.options, ...everywhere].some(({ flags }) => flags.startsWith(`${word} <`));
  const args = words.filter((word, at) => !word.startsWith("-") && !takesValue(words[at - 1] ?? ""));
  return takesValue(words.at(-1) ?? "") ? undefined : args;
}

async function values(
  name: string,
  args: readonly string[],
  before: readonly string[],
  terminal: Terminal,
): Promise<string[]> {
  if (name === "completion") return args.length === 0 ? ["bash", "zsh", "fish"] : [];
  const root = before.find((_, at) => before[at - 1] === "--root");
  const places = openPlaces({ value: (flag) => (flag === "root" ? root : undefined), terminal });
  const [first] = args;
  if (name === "status" || name === "logs") return first === undefined ? operationIds(places) : [];
  if (name === "secret remove" || name === "secret set") return first === undefined ? secretWords(places) : [];
  const library = await openTemplates(places.root);
  if (name === "template validate" || ((name === "run" || name === "template show") && first === undefined))
    return library.names();
  return name === "run" && first !== undefined ? parameterWords(places.root, library, first, args.slice(1)) : [];
}
