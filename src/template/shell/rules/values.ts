/** Values that are refused in a place where others are not. */
import { invocations } from "../invocations.ts";
import type { Command, Piece, Slot, Word } from "../syntax.ts";
import { flat, piecesOf } from "../walk.ts";
import { literal } from "../words.ts";

export type ValueFault = { code: "E_LEADING_DASH" | "E_EMPTY"; slot: Slot; message: string; hint: string };

/** For values that are known. */
export function* valueFaults(command: Command): Generator<ValueFault> {
  for (const word of unguardedWords(command)) yield* leadingDash(word);
  for (const word of pathWords(command)) yield* emptyBeforeSlash(word);
}

/** Words that a program may take for options. */
function unguardedWords(command: Command): Word[] {
  const listed = [...flat(piecesOf(command))].flatMap((piece) => (piece.kind === "array" ? piece.words : []));
  if (command.kind === "compound") return [...command.elements, ...listed];
  const guarded = new Set<Word>();
  // From the outside in: what stands behind sudo's -- is not guarded by it.
  for (const { args } of invocations(command)) {
    let behindDashes = false;
    for (const word of args) {
      if (behindDashes) guarded.add(word);
      else guarded.delete(word);
      behindDashes ||= literal(word) === "--";
    }
  }
  return [...command.words.slice(1).filter((word) => !guarded.has(word)), ...listed];
}

function pathWords(command: Command): Word[] {
  const listed = [...flat(piecesOf(command))].flatMap((piece) => (piece.kind === "array" ? piece.words : []));
  const targets = command.redirections.flatMap(({ target }) => target ?? []);
  return [...(command.kind === "simple" ? command.words : command.elements), ...targets, ...listed];
}

function* leadingDash({ pieces }: Word): Generator<ValueFault> {
  const { slots } = beginning(pieces);
  const last = slots.at(-1);
  if (!last?.value?.text.startsWith("-") || last.value.number || last.traits.number || last.traits.allowDash) return;
  const name = `\${${last.placeholder.source}}`;
  const hint = `Write -- ${name}, or give the parameter allow_dash: true.`;
  yield {
    code: "E_LEADING_DASH",
    slot: last,
    message: `the value of ${name} begins with -, so it would be an option`,
    hint,
  };
}

function* emptyBeforeSlash({ pieces }: Word): Generator<ValueFault> {
  const { slots, rest } = beginning(pieces);
  const last = slots.at(-1);
  if (last?.value?.text !== "" || rest?.kind !== "text" || !rest.text.startsWith("/")) return;
  const name = `\${${last.placeholder.source}}`;
  const hint = "Give the whole path as the value, or test it before.";
  yield { code: "E_EMPTY", slot: last, message: `the value of ${name} is empty, so the word would begin with /`, hint };
}

/** The values a word begins with: all but the last are empty; and what stands behind them. */
function beginning(pieces: readonly Piece[]): { slots: Slot[]; rest: Piece | undefined } {
  const slots: Slot[] = [];
  for (const piece of pieces) {
    if (piece.kind === "text" && piece.text === "") continue;
    if (piece.kind !== "slot") return { slots, rest: piece };
    slots.push(piece.slot);
    if (piece.slot.value?.text !== "") return { slots, rest: undefined };
  }
  return { slots, rest: undefined };
}
