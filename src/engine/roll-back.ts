/**
 * The way back: the `undo` of every completed step, newest first, then `rollback.on_failure`. Each is
 * attempted even if an earlier one fails; their failures stand beside the first error, never instead of it.
 */
import type { RollbackStatus, StepPhase } from "../core/events.ts";
import { describe } from "../core/problem.ts";
import { isEmpty } from "../core/value.ts";
import { interpolate } from "../template/interpolate.ts";
import type { Scope } from "../template/scope.ts";
import type { Step } from "../template/template.ts";
import type { Forward } from "./execute.ts";
import type { Run } from "./run.ts";
import { StandsBack } from "./stand-back.ts";
import { runStep } from "./steps.ts";

/** `none` where nothing was changed yet, or where the template has no way back. */
export async function rollBack(run: Run, failure: Forward & { kind: "failed" }): Promise<RollbackStatus> {
  const { rollback } = run.template;
  const list = isEnabled(run) ? rollback.steps : [];
  if (!run.changed || run.completed.length + list.length === 0) return "none";

  const because = run.world.masker.mask(describe(failure.problem));
  await run.world.journal.tell(run.id, { type: "rollback-started", because, step: failure.failedStep });
  let failures = 0;
  for (const { step, key, scope } of run.completed.toReversed()) {
    failures += await runEach(run, step.undo, "undo", withFailure(scope, because, failure.failedStep), {
      key,
      id: step.id,
      prefix: key,
    });
  }
  failures += await runEach(run, list, "rollback", failureScope(run, failure), null);
  return failures > 0 ? "failed" : "done";
}

/** A name that can't be filled in any more counts as wanted: going back is the safer way. */
function isEnabled(run: Run): boolean {
  const { enabled } = run.template.rollback;
  if (typeof enabled === "boolean") return enabled;
  const filled = interpolate(enabled, run.scope, () => {});
  return isEmpty(filled) || (filled !== false && filled !== "false");
}

/** One scope for all that comes after the failure: what a rollback step finds out, a notification can tell. */
export function failureScope(run: Run, { problem, failedStep }: Forward & { kind: "failed" }): Scope {
  run.failure ??= withFailure(run.scope, run.world.masker.mask(describe(problem)), failedStep);
  return run.failure;
}

function withFailure(scope: Scope, message: string, step: string | null): Scope {
  const inner = scope.nest();
  inner.set("error_message", message);
  inner.set("failed_step", step);
  return inner;
}

/** Runs all of them, whatever happens; returns how many failed. Nothing stops a rollback but the end of the process and a lost lock. */
async function runEach(
  run: Run,
  steps: Step[],
  phase: StepPhase,
  scope: Scope,
  parent: { key: string; id: string; prefix: string } | null,
): Promise<number> {
  let failures = 0;
  const { signal } = run.lost;
  for (const step of steps) {
    if (signal.aborted) return failures + 1;
    const outcome = await runStep(step, { run, scope, phase, parent, beside: false, signal }).catch((bug: unknown) => {
      if (bug instanceof StandsBack) throw bug;
      run.bug ??= bug;
      return { kind: "failed" };
    });
    if (outcome.kind === "failed") failures++;
  }
  return failures;
}
