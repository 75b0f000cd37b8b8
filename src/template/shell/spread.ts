/** A list that is alone in its word becomes one word for each element. */
import type { List, Word } from "./syntax.ts";
import { commandsIn, flat, piecesOf } from "./walk.ts";

/** `elements` by index of the placeholder; what can't be spread is taken out of it and stays one text. */
export function spreadLists(list: List, elements: Map<number, string[]>): void {
  const used = new Set<number>();
  const spread = (words: Word[]) =>
    words.flatMap((word) => {
      const [only, other] = word.pieces;
      if (only?.kind !== "slot" || other || only.slot.quoting !== "none") return [word];
      const texts = elements.get(only.slot.index);
      if (!texts) return [word];
      used.add(only.slot.index);
      return texts.map(
        (text): Word => ({
          start: word.start,
          pieces: [{ kind: "slot", slot: { ...only.slot, value: { text, number: false } } }],
        }),
      );
    });
  for (const command of commandsIn(list)) {
    for (const piece of flat(piecesOf(command))) if (piece.kind === "array") piece.words = spread(piece.words);
    if (command.kind === "simple") command.words = [...command.words.slice(0, 1), ...spread(command.words.slice(1))];
    else command.elements = spread(command.elements);
  }
  for (const index of elements.keys()) if (!used.has(index)) elements.delete(index);
}
