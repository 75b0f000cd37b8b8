import { checkKind } from "../template/check-kind.ts";
import type { Reached } from "./reached.ts";
import { runCheckCommand } from "./spawn.ts";

/** What a step's `check` says: whether its effect is there already. Undefined: it has none. */
export async function isThere({ step, frame, rendering }: Pick<Reached, "step" | "frame" | "rendering">) {
  const { check } = step.options;
  if (check === undefined) return undefined;
  return checkKind(check) === "condition" ? rendering.condition(check) : runCheckCommand(frame, rendering.shell(check));
}

export const thereAlready = "its check says that the effect is there already";
