import { GarzaError } from "../core/problem.ts";
import type { StepContext } from "./step.ts";

/** Whether what was aborted ended because of a time limit, not by a cancel or a lost lock. */
export function timeIsUp({ signal, remainingMs }: Pick<StepContext, "signal" | "remainingMs">): boolean {
  if (!signal.aborted) return remainingMs() === 0;
  return signal.reason instanceof GarzaError && signal.reason.problem.kind === "timed-out";
}
