/** Places where a text is a command or the name of a variable. */
import type { Invocation } from "../invocations.ts";
import { permuteArguments, readArguments } from "../options.ts";
import type { Command, Compound, Word } from "../syntax.ts";
import { assignmentArgument, literal } from "../words.ts";
import type { Place } from "./place.ts";

export function* commandPlaces({ program, supposed }: Invocation): Generator<Place> {
  if (supposed) return;
  const hint = "Write the program's name out, or give the parameter an enum.";
  const where = "where a command's name is";
  yield commandPlace(program, where, hint);
}

export function* compoundPlaces({ patterns, variable, functionName }: Compound): Generator<Place> {
  const hint = 'Compare with [ "$v" = ${x} ] instead, or give the parameter an enum.';
  for (const pattern of patterns) yield commandPlace(pattern, "in a case pattern", hint);
  if (functionName) yield commandPlace(functionName, "in a function's name", "Write the function's name out.");
  if (variable) yield namePlace("for", variable);
}

const commandPlace = ({ start, pieces }: Word, where: string, hint: string): Place => ({
  code: "E_COMMAND_POSITION",
  index: start,
  pieces,
  deep: true,
  where,
  hint,
});

/** Commands whose arguments are names, with a value behind `NAME=` or not. */
const declaring = new Set([
  "export",
  "readonly",
  "local",
  "declare",
  "typeset",
  "integer",
  "float",
  "nameref",
  "alias",
]);

export function* namePlaces({ name = "", args }: Invocation): Generator<Place> {
  if (declaring.has(name)) {
    const isReference = name === "nameref" || readArguments(args, {}).options.some((option) => option.name === "-n");
    for (const word of args)
      if (!assignmentArgument(word) || (isReference && name !== "export")) yield namePlace(name, word);
  }
  for (const word of namesGiven(name, args)) yield namePlace(name, word);
}

/** What is assigned to a reference of `declare -n` is the name of another variable. */
export function* referencePlaces(command: Command, references: ReadonlySet<string>): Generator<Place> {
  if (command.kind === "compound") {
    const name = literal(command.variable) ?? "";
    if (references.has(name)) for (const word of command.elements) yield namePlace(name, word);
    return;
  }
  for (const word of command.assignments) {
    const found = assignmentArgument(word);
    if (found && references.has(found.name)) yield namePlace(found.name, { ...word, pieces: found.value });
  }
}

function namesGiven(name: string, args: Word[]): Word[] {
  switch (name) {
    case "unset":
      return args;
    case "read":
      return arrayNames(args, "ptnNdui");
    case "mapfile":
    case "readarray":
      return arrayNames(args, "dnOsuCc");
    case "getopts":
      return args.slice(1, 2);
    case "printf":
      return argumentsOf(args, "v");
    case "wait":
      return argumentsOf(args, "p");
    case "set":
      return argumentsOf(args, "A");
    default:
      return [];
  }
}

function arrayNames(args: Word[], short: string): Word[] {
  const { options, operands } = permuteArguments(args, { short: `${short}aA` });
  const arrays = options.filter((option) => /^-[aA]$/.test(option.name ?? ""));
  return [...arrays.flatMap(({ argument }) => argument ?? []), ...operands];
}

function argumentsOf(args: Word[], letter: string): Word[] {
  const { options } = readArguments(args, { short: letter });
  return options.flatMap(({ name, argument }) => (name === `-${letter}` && argument ? [argument] : []));
}

const namePlace = (command: string, { start, pieces }: Word): Place => ({
  code: "E_NAME_POSITION",
  index: start,
  pieces,
  deep: true,
  where: `where ${command} expects a name`,
  hint:
    command === "for" ? "Write the variable's name out." : `Write the name out: ${command} NAME=\${x}, or use env:.`,
});
