/** All rules for a script that could be read. */
import type { ShellFault } from "../check.ts";
import type { ShellCode } from "../code.ts";
import { invocations } from "../invocations.ts";
import { noteKnownVariables } from "../known.ts";
import type { Command, List, Slot } from "../syntax.ts";
import { allSlots, commandsIn, flat, piecesOf } from "../walk.ts";
import { arithmeticPlace, calculatedArguments, calculatedAssignment, calculatedElements } from "./arithmetic.ts";
import { type Declared, declaredVariables } from "./declared.ts";
import { feedingPlaces } from "./feeding.ts";
import type { Place } from "./place.ts";
import { commandPlaces, compoundPlaces, namePlaces, referencePlaces } from "./positions.ts";
import { programPlaces, runAssignment } from "./programs.ts";
import { taints } from "./taint.ts";
import { valueFaults } from "./values.ts";

export function applyRules(list: List, code: ShellCode): ShellFault[] {
  noteKnownVariables(list);
  const commands = [...commandsIn(list)];
  const declared = declaredVariables(commands);
  const places = [...commands.flatMap((command) => [...placesOf(command, declared)]), ...feedingPlaces(list)];
  return [
    ...places.flatMap((place) => refusals(place, code)),
    ...commands.flatMap((command) => [...valueFaults(command)].map(({ slot, ...fault }) => errorAt(slot, fault, code))),
    ...taints(list, places).map(({ name, index, where }) => ({
      code: "E_TAINT",
      severity: "warning" as const,
      message: `$${name} holds a value and is used ${where}`,
      hint: "Test it first: case $v in *[!0-9]*) exit 1;; esac",
      offset: code.offset(index),
    })),
  ];
}

function* placesOf(command: Command, declared: Declared): Generator<Place> {
  for (const piece of flat(piecesOf(command))) {
    if (piece.kind === "arithmetic") yield arithmeticPlace(piece.index, piece.pieces);
  }
  yield* referencePlaces(command, declared.references);
  if (command.kind === "compound") {
    yield* compoundPlaces(command);
    return yield* calculatedElements(command, declared.numbers);
  }
  for (const word of command.assignments) {
    yield* calculatedAssignment(word, declared.numbers);
    yield* runAssignment(word);
  }
  for (const invocation of invocations(command)) {
    yield* commandPlaces(invocation);
    yield* namePlaces(invocation);
    yield* calculatedArguments(invocation, declared.numbers);
    yield* programPlaces(invocation, declared.arrays);
    for (const word of invocation.environment) yield* runAssignment(word);
  }
}

function refusals({ code: fault, pieces, deep, where, hint }: Place, code: ShellCode): ShellFault[] {
  const direct = [...flat(pieces)].flatMap((piece) => (piece.kind === "slot" ? [piece.slot] : []));
  return (deep ? [...allSlots(pieces)] : direct)
    .filter((slot) => !isAllowed(fault, slot))
    .map((slot) =>
      errorAt(slot, { code: fault, message: `\${${slot.placeholder.source}} stands ${where}`, hint }, code),
    );
}

const wholeNumber = /^-?(?:0|[1-9][0-9]{0,17})$/;

function isAllowed(fault: Place["code"], { traits, value }: Slot): boolean {
  if (fault === "E_COMMAND_POSITION") return traits.enum;
  return fault === "E_ARITH" && (value === undefined || wholeNumber.test(value.text));
}

const errorAt = (slot: Slot, fault: { code: string; message: string; hint: string }, code: ShellCode): ShellFault => ({
  ...fault,
  severity: "error",
  offset: code.offset(slot.index),
});
