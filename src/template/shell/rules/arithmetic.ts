/** Places where a text is calculated: some shells run what stands in `[…]` there. */
import type { Invocation } from "../invocations.ts";
import { isGiven } from "../known.ts";
import { readArguments } from "../options.ts";
import type { Compound, Piece, Word } from "../syntax.ts";
import { assignmentArgument, directSlots, leading, literal } from "../words.ts";
import type { Place } from "./place.ts";

/** `$(( … ))`, `(( … ))` and subscripts. */
export function arithmeticPlace(index: number, pieces: readonly Piece[], where = "in arithmetic"): Place {
  const hint = "Only whole numbers may stand there: make the parameter a number.";
  return { code: "E_ARITH", index, pieces, deep: true, where, hint };
}

export function* calculatedArguments({ name = "", args }: Invocation, numbers: ReadonlySet<string>): Generator<Place> {
  const declared = isDeclaring.test(name) ? args : [];
  const counts = name === "integer" || name === "float" || readArguments(declared, {}).options.some(isNumeric);
  for (const word of declared) yield* calculatedAssignment(word, numbers, counts);
  for (const { start, pieces } of argumentsOf(name, args)) {
    yield { ...arithmeticPlace(start, pieces, placeIn(name)), deep: false };
  }
}

const isDeclaring = /^(?:export|readonly|local|declare|typeset|integer|float)$/;
const isNumeric = ({ name }: { name: string | undefined }) => /^-[iEF]$/.test(name ?? "");
const placeIn = (name: string) => (isTest(name) ? "where a test expects a number" : `where ${name} expects a number`);
const isTest = (name: string) => name === "test" || name === "[" || name === "[[";

/** Shells calculate what is assigned to these. */
const numberVariables =
  /^(?:RANDOM|SRANDOM|SECONDS|EPOCH\w+|OPTIND|LINENO|HISTSIZE|HISTFILESIZE|SAVEHIST|HISTCMD|COLUMNS|LINES|TMOUT|LISTMAX|E?[UG]ID|PPID|FUNCNEST|ERRNO|BASHPID|PGRP|USER_ID|KSH\w+ID|TRY_BLOCK_\w+)$/;

/** What a `for` goes through: each is assigned. */
export function* calculatedElements({ variable, elements }: Compound, numbers: ReadonlySet<string>): Generator<Place> {
  const name = literal(variable) ?? "";
  if (!numbers.has(name) && !numberVariables.test(name)) return;
  for (const { start, pieces } of elements) yield arithmeticPlace(start, pieces, `in the number ${name}`);
}

/** `counts`: the variable is declared to be a number. */
export function* calculatedAssignment(word: Word, numbers: ReadonlySet<string>, counts = false): Generator<Place> {
  const found = assignmentArgument(word);
  if (!found) return;
  if (found.subscript.length > 0) yield arithmeticPlace(word.start, found.subscript, "in a subscript");
  if (counts || numbers.has(found.name) || numberVariables.test(found.name))
    yield arithmeticPlace(word.start, found.value, `in the number ${found.name}`);
  for (const piece of found.value) {
    if (piece.kind !== "array") continue;
    for (const { start, pieces } of piece.words.filter((element) => leading(element) === "[")) {
      yield arithmeticPlace(start, pieces, "in a subscript");
    }
  }
}

function argumentsOf(name: string, args: Word[]): Word[] {
  if (isTest(name)) return testedNumbers(args);
  if (name === "") return args.filter((_, i) => [args[i - 1], args[i + 1]].some(isComparison));
  switch (name) {
    case "let":
      return args;
    case "exit":
    case "logout":
    case "return":
    case "shift":
    case "break":
    case "continue":
    case "ulimit":
      return args;
    case "read":
      return readArguments(args, { short: "tnNupdia" }).options.flatMap(({ name: option, argument }) =>
        /^-[tnNu]$/.test(option ?? "") && argument ? [argument] : [],
      );
    case "printf":
      return printedNumbers(args);
    default:
      return [];
  }
}

const compares = /^-(?:eq|ne|lt|le|gt|ge)$/;
const isComparison = (word: Word | undefined) => compares.test(literal(word) ?? "");

function testedNumbers(args: Word[]): Word[] {
  // `-${x}`, or a value that may begin with a dash, can turn out to be any operator.
  const operator = args.find((word) => {
    const [first] = directSlots(word.pieces);
    return first && (leading(word).startsWith("-") || first.traits.allowDash);
  });
  if (operator) return args.filter((word) => word !== operator);
  return args.flatMap((word, i) => {
    const text = literal(word) ?? "";
    const [before, after] = [args.slice(Math.max(0, i - 1), i), args.slice(i + 1, i + 2)];
    if (compares.test(text) || isGivenOperator(args, i)) return [...before, ...after];
    return /^-[vtR]$/.test(text) ? after : [];
  });
}

/** `[ 1 $o ${x} ]`: what stands where an operator would, and has operands. */
function isGivenOperator(args: Word[], i: number): boolean {
  const [before, word, after] = [args[i - 1], args[i], args[i + 1]];
  if (!word || !isGiven(word) || !after || isOperator(after)) return false;
  return !before || !isOperator(before) || /^(?:[!(]|&&|\|\||-[ao])$/.test(literal(before) ?? "");
}

const isOperator = (word: Word) => /^(?:-[a-zA-Z]+|[!=<>()\]]|==|!=|=~|\]\]|&&|\|\|)$/.test(literal(word) ?? "");

/** The arguments of `%d` and its like. */
function printedNumbers(args: Word[]): Word[] {
  const [format, ...values] = readArguments(args, { short: "v" }).operands;
  if (directSlots(format?.pieces ?? []).some(({ value }) => value && /[%\\]/.test(value.text))) return values;
  const known = (format?.pieces ?? []).map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
  const conversions = [...known.replaceAll("%%", "").matchAll(/%[-+ #0']*(\*?)[\d.]*(\*?)[lhjzt]*([a-zA-Z])/g)];
  const numeric = conversions.flatMap(([, width, precision, letter = ""]) => [
    ...(width ? [true] : []),
    ...(precision ? [true] : []),
    /[diouxXeEfFgGaA]/.test(letter),
  ]);
  return values.filter((_, i) => numeric[i % numeric.length] === true);
}
