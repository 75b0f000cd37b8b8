import { problem } from "../core/problem.ts";
import { isMapping, toText, type Value } from "../core/value.ts";
import type { ItemRecord, StepContext } from "./step.ts";

/** The records of the loop `from`, or of the last one; throws `step-failed` when none has run. */
export function needLoop(context: StepContext, from: string | undefined): ItemRecord[] {
  const records = context.loop(from);
  if (records) return records;
  const message = from === undefined ? "no foreach has run before it" : `the foreach ${from} has not run before it`;
  throw problem({ kind: "step-failed", step: context.name, message });
}

/** An item's name for people. */
export function labelOf(item: Value): string {
  if (!isMapping(item)) return toText(item);
  const name = item.name ?? item.key;
  return typeof name === "string" ? name : toText(item);
}
