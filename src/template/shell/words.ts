/** Questions about a word of a script. */
import type { Piece, Slot, Word } from "./syntax.ts";

/** The word's text when it holds nothing that is only known later. */
export function literal(word: Word | undefined): string | undefined {
  if (!word?.pieces.every((piece) => piece.kind === "text")) return undefined;
  return leading(word);
}

/** The word's text up to the first thing that is only known later. */
export function leading(word: Word): string {
  let text = "";
  for (const piece of word.pieces) {
    if (piece.kind !== "text") break;
    text += piece.text;
  }
  return text;
}

/** The last part of a program's path, also of `$HOME/bin/sh`. */
export function programName(word: Word | undefined): string | undefined {
  const known = literal(word);
  if (known !== undefined || !word) return known?.replace(/^.*\//s, "");
  const behind = word.pieces.slice(word.pieces.findLastIndex(({ kind }) => kind !== "text") + 1);
  const text = leading({ ...word, pieces: behind });
  return text.includes("/") ? text.replace(/^.*\//s, "") : undefined;
}

/** The placeholders of a word itself, not those of commands inside it. */
export function directSlots(pieces: readonly Piece[]): Slot[] {
  return pieces.flatMap((piece) => (piece.kind === "slot" ? [piece.slot] : []));
}

/** `NAME=`, `NAME+=` and `NAME[…]=` in front of a word; `value` is what follows. */
export function assignment(word: Word): { name: string; subscript: Piece[]; value: Piece[] } | undefined {
  const [first, ...others] = word.pieces;
  if (first?.kind !== "text" || first.quoted) return undefined;
  const [begin, name = "", mark] = /^([A-Za-z_]\w*)(\+?=|\[)/.exec(first.text) ?? [];
  if (begin === undefined) return undefined;
  const rest: Piece[] = [{ ...first, text: first.text.slice(begin.length) }, ...others];
  if (mark !== "[") return { name, subscript: [], value: rest };
  for (const [i, piece] of rest.entries()) {
    const [close] = piece.kind === "text" && !piece.quoted ? (/\]\+?=/.exec(piece.text) ?? []) : [];
    if (piece.kind !== "text" || close === undefined) continue;
    const at = piece.text.indexOf(close);
    return {
      name,
      subscript: [...rest.slice(0, i), { ...piece, text: piece.text.slice(0, at) }],
      value: [{ ...piece, text: piece.text.slice(at + close.length) }, ...rest.slice(i + 1)],
    };
  }
  return undefined;
}

/** The same for an argument, where quotes make no difference: `export "A=${x}"`. */
export function assignmentArgument(word: Word): ReturnType<typeof assignment> {
  const pieces: Piece[] = [];
  for (const piece of word.pieces) {
    const last = pieces.at(-1);
    if (piece.kind === "text" && last?.kind === "text") last.text += piece.text;
    else pieces.push(piece.kind === "text" ? { ...piece, quoted: false } : piece);
  }
  return assignment({ ...word, pieces });
}
