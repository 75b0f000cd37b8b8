/** Shell variables made from a value, where they are used as code. A warning: the promise ends at the placeholder. */
import { invocations } from "../invocations.ts";
import type { Command, List, Piece, Word } from "../syntax.ts";
import { commandsIn, flat } from "../walk.ts";
import { assignmentArgument, directSlots, literal } from "../words.ts";
import type { Place } from "./place.ts";

export type Taint = { name: string; index: number; where: string };

export function taints(list: List, places: readonly Place[]): Taint[] {
  const tainted = new Set([...commandsIn(list)].flatMap(assignedNames));
  if (tainted.size === 0) return [];
  return places.flatMap(({ pieces, where, index, code }) =>
    [...flat(pieces)]
      .flatMap((piece) => usedNames(piece, code === "E_ARITH", index))
      .filter(({ name }) => tainted.has(name))
      .map((used) => ({ ...used, where })),
  );
}

function assignedNames(command: Command): string[] {
  if (command.kind === "compound") {
    const name = literal(command.variable);
    return name !== undefined && command.elements.some(({ pieces }) => holdsText(pieces)) ? [name] : [];
  }
  const [first] = invocations(command);
  const declared: Word[] = /^(?:export|readonly|local|declare|typeset)$/.test(first?.name ?? "")
    ? (first?.args ?? [])
    : [];
  return [...command.assignments, ...declared].flatMap((word) => {
    const found = assignmentArgument(word);
    return found && holdsText([...flat(found.value)]) ? [found.name] : [];
  });
}

/** A value that is neither a number nor one of a fixed few. */
const holdsText = (pieces: readonly Piece[]) =>
  directSlots(pieces).some(({ traits }) => !traits.number && !traits.enum);

function usedNames(piece: Piece, calculated: boolean, index: number): { name: string; index: number }[] {
  if (piece.kind === "variable") return [{ name: piece.name, index: piece.index }];
  if (piece.kind !== "text" || !calculated) return [];
  return [...piece.text.matchAll(/[A-Za-z_]\w*/g)].map(([name]) => ({ name, index }));
}
