/** Values that reach a program as its standard input, where it reads commands. */
import { type Invocation, invocations } from "../invocations.ts";
import { readArguments } from "../options.ts";
import type { Command, List, Piece, Simple, Slot, Word } from "../syntax.ts";
import { allSlots, flat, piecesOf, slotsOfList } from "../walk.ts";
import { literal } from "../words.ts";
import { isInterpreter, programText } from "./interpreters.ts";
import type { Place } from "./place.ts";
import { programPlace } from "./programs.ts";

/** `fed`: values that reach the standard input of the whole list. */
export function* feedingPlaces(list: List, fed: readonly Slot[] = []): Generator<Place> {
  for (const pipeline of list) {
    const piped = [...fed];
    for (const command of pipeline) {
      yield* ofCommand(command, [...piped, ...heredocSlots(command)]);
      piped.push(...slotsOf(command));
    }
  }
}

function* ofCommand(command: Command, fed: readonly Slot[]): Generator<Place> {
  if (command.kind === "compound") for (const list of command.lists) yield* feedingPlaces(list, fed);
  else {
    yield* fedPrograms(command, fed);
    yield* foundPrograms(command);
  }
  // What runs inside $( … ) has the standard input of the command around it.
  for (const list of substitutionsOf(command)) yield* feedingPlaces(list, fed);
}

function* substitutionsOf(command: Command): Generator<List> {
  for (const piece of flat(piecesOf(command))) if (piece.kind === "substitution") yield piece.list;
}

const heredocSlots = ({ redirections }: Command) =>
  redirections.flatMap(({ heredoc }) => [...allSlots(heredoc?.pieces ?? [])]);

function slotsOf(command: Command): Slot[] {
  const inner = command.kind === "compound" ? command.lists.flatMap((list) => [...slotsOfList(list)]) : [];
  return [...allSlots(piecesOf(command)), ...inner];
}

function* fedPrograms(command: Simple, fed: readonly Slot[]): Generator<Place> {
  if (fed.length === 0) return;
  const all = invocations(command);
  for (const { program, name = "", args } of all) {
    if (programText(name, args).stdin || ((name === "" || containers.test(name)) && runsShell(args)))
      yield fedPlace(program, name, fed);
  }
  const through = all.findIndex(({ name }) => name === "xargs");
  const xargs = all[through];
  if (!xargs) return;
  const mark = replacementMark(xargs);
  const runner = all.slice(through + 1).find((each) => runsInput(each, mark));
  if (runner) yield fedPlace(runner.program, runner.name ?? "", fed);
}

const containers = /^(?:docker|podman|nerdctl|kubectl|oc|lxc|incus)$/;

/** `docker run -i IMAGE sh`: the last words are a shell without a script. */
function runsShell(args: Word[]): boolean {
  return args.some((word, i) => {
    const name = (literal(word) ?? "").replace(/^.*\//, "");
    return isInterpreter(name) && programText(name, args.slice(i + 1)).stdin;
  });
}

function fedPlace({ start }: Word, name: string, fed: readonly Slot[]): Place {
  const pieces = fed.map((slot): Piece => ({ kind: "slot", slot }));
  const place = programPlace({ start, pieces }, name);
  return {
    ...place,
    where: `in what ${name} reads as its program`,
    hint: `Give the value as an argument: ${name} … ${name === "ssh" ? "(an ssh_command step)" : "-s ${x}"}, or use env:.`,
  };
}

/** What xargs replaces by its input; undefined: the input becomes further arguments. */
function replacementMark({ args }: Invocation): string | undefined {
  const { options } = readArguments(args, { short: "nIPLdaEs" });
  const replacing = options.find(({ name }) => name === "-I" || name === "-i" || name === "--replace");
  if (!replacing) return undefined;
  return (literal(replacing.argument) ?? "{}").replace(/^(?:-I|--replace=)(?=.)/, "") || "{}";
}

function runsInput({ program, name = "", args }: Invocation, mark: string | undefined): boolean {
  if (mark !== undefined) {
    return [program, ...programText(name, args).words].some((word) => literal(word)?.includes(mark) !== false);
  }
  const input: Word = { start: program.start, pieces: [{ kind: "text", text: "input", quoted: true }] };
  return programText(name, [...args, input]).words.includes(input);
}

/** `find ${x} -exec sh -c '… {} …'`: the names found begin with the value. */
function* foundPrograms(command: Simple): Generator<Place> {
  const [find, ...executed] = invocations(command);
  if (find?.name !== "find") return;
  const fed = [...allSlots(find.args.flatMap(({ pieces }) => pieces))];
  for (const { program, name = "", args } of executed) {
    const runs = programText(name, args).words.some((word) => literal(word)?.includes("{}"));
    if (runs) yield { ...fedPlace(program, name, fed), hint: `Write ${name} -c '… "$1" …' _ {} instead.` };
  }
}
