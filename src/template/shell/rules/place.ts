import type { Piece } from "../syntax.ts";

/** A place of a script where a value is refused, and a shell variable made from one is told of. */
export type Place = {
  code: "E_COMMAND_POSITION" | "E_NAME_POSITION" | "E_ARITH" | "E_REEVAL";
  /** Where to point at when no piece has a place of its own. */
  index: number;
  pieces: readonly Piece[];
  /** Also inside `$( … )`: what a command there prints stands in this place. */
  deep: boolean;
  /** What the place is, after "${x} stands": `in the program text of sh`. */
  where: string;
  hint: string;
};
