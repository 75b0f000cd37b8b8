/** Shell variables that a script gives one plain text: a command may be named by them. */
import type { Command, List, Piece, Word } from "./syntax.ts";
import { commandsIn, flat, piecesOf } from "./walk.ts";
import { assignmentArgument, literal } from "./words.ts";

/** Notes in each `$v` the text that it has wherever the script sets it. */
export function noteKnownVariables(list: List): void {
  const commands = [...commandsIn(list)];
  const texts = new Map<string, Set<string | undefined>>();
  for (const [name, text] of commands.flatMap((command) => [...assigned(command)])) {
    texts.set(name, (texts.get(name) ?? new Set()).add(text));
  }
  for (const piece of commands.flatMap((command) => [...flat(piecesOf(command))])) {
    if (piece.kind !== "variable" || piece.pieces.length > 0) continue;
    const [only, other] = texts.get(piece.name) ?? [];
    if (only !== undefined && other === undefined) piece.known = only;
  }
}

function* assigned(command: Command): Generator<[name: string, text: string | undefined]> {
  if (command.kind === "compound") {
    const name = literal(command.variable);
    if (name !== undefined) for (const element of command.elements) yield [name, literal(element)];
    return;
  }
  const [program, ...args] = command.words;
  for (const word of [...command.assignments, ...args]) {
    const found = assignmentArgument(word);
    if (found) yield [found.name, found.subscript.length > 0 ? undefined : literal({ ...word, pieces: found.value })];
  }
  if (literal(program) === "read") for (const word of args) yield [literal(word) ?? "", undefined];
  const [dashes, ...positional] = args;
  if (literal(program) !== "set" || literal(dashes) !== "--") return;
  const words = positional.map(literal);
  const text = words.includes(undefined) ? undefined : words.join(" ");
  yield ["@", text];
  yield ["*", text];
}

/** The words that it becomes, where all that it holds is known. */
export function resolved(word: Word): Word[] {
  if (literal(word) !== undefined) return [word];
  const texts = word.pieces.map((piece) => textOf(piece));
  if (texts.includes(undefined)) return [word];
  const text = texts.join("");
  const words = word.pieces.some(isSplit) ? text.split(/[ \t\n]+/).filter((each) => each !== "") : [text];
  return words.map((each) => ({ start: word.start, pieces: [{ kind: "text", text: each, quoted: true }] }));
}

function textOf(piece: Piece): string | undefined {
  if (piece.kind === "text") return piece.text;
  return piece.kind === "variable" ? piece.known : undefined;
}

const isSplit = (piece: Piece) => piece.kind === "variable" && (!piece.quoted || piece.name === "@");

/** Whether it is nothing but what a variable or a command gives: one word, several or none. */
export function isGiven({ pieces }: Word): boolean {
  const parts = pieces.filter((piece) => piece.kind !== "text" || piece.text !== "");
  return parts.length > 0 && parts.every(({ kind }) => kind === "variable" || kind === "substitution");
}

/** A given word that may be several, or none. */
export const isGivenList = (word: Word): boolean =>
  isGiven(word) && word.pieces.some((piece) => piece.kind === "substitution" || isSplit(piece));
