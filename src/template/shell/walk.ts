/** Ways through the tree of a script. */
import type { Command, Compound, List, Piece, Slot, Word } from "./syntax.ts";

/** Every command, those inside substitutions too, in no particular order. */
export function* commandsIn(list: List): Generator<Command> {
  for (const command of list.flat()) {
    yield command;
    if (command.kind === "compound") for (const inner of command.lists) yield* commandsIn(inner);
    for (const inner of substitutions(piecesOf(command))) yield* commandsIn(inner);
  }
}

/** Everything a command itself is written with: its words, redirections and here-documents, not its inner lists. */
export function piecesOf(command: Command): Piece[] {
  const words = command.kind === "simple" ? [...command.assignments, ...command.words] : wordsOf(command);
  const arithmetic = command.kind === "compound" ? command.arithmetic : [];
  const redirected = command.redirections.flatMap(({ target, heredoc }) => target?.pieces ?? heredoc?.pieces ?? []);
  return [...words.flatMap(({ pieces }) => pieces), ...arithmetic, ...redirected];
}

function wordsOf({ elements, subject, functionName, variable, patterns }: Compound): Word[] {
  return [...elements, ...patterns, ...[subject, functionName, variable].filter((word) => word !== undefined)];
}

/** The pieces, and those inside expansions and arrays; not those of commands inside. */
export function* flat(pieces: readonly Piece[]): Generator<Piece> {
  for (const piece of pieces) {
    yield piece;
    if (piece.kind === "variable" || piece.kind === "arithmetic") yield* flat(piece.pieces);
    if (piece.kind === "array") for (const word of piece.words) yield* flat(word.pieces);
  }
}

function* substitutions(pieces: readonly Piece[]): Generator<List> {
  for (const piece of flat(pieces)) if (piece.kind === "substitution") yield piece.list;
}

/** Every placeholder, those of commands inside substitutions too. */
export function* allSlots(pieces: readonly Piece[]): Generator<Slot> {
  for (const piece of flat(pieces)) if (piece.kind === "slot") yield piece.slot;
  for (const list of substitutions(pieces)) yield* slotsOfList(list);
}

export function* slotsOfList(list: List): Generator<Slot> {
  for (const command of commandsIn(list)) {
    for (const piece of flat(piecesOf(command))) if (piece.kind === "slot") yield piece.slot;
  }
}
