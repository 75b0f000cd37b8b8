import { failed, type NestedOutcome, type StepOutcome } from "./step.ts";

/** What nested steps ended with, as the outcome of the step that holds them; undefined: they are done, go on. */
export function passOn(outcome: NestedOutcome): StepOutcome | undefined {
  if (outcome.kind === "done") return undefined;
  return outcome.kind === "exit" ? outcome : failed(outcome.message);
}
