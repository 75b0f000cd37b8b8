/** The operation's own notifications. None of them is part of the forward run: a failure is told, the end stands. */
import type { RollbackStatus } from "../core/events.ts";
import { describe, messageOf } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import type { NotificationMoment, Step } from "../template/template.ts";
import type { Forward } from "./execute.ts";
import { failureScope } from "./roll-back.ts";
import type { Run } from "./run.ts";
import { runStep } from "./steps.ts";
import { targetOf } from "./target.ts";

/** Somebody has to say what became of a step. */
export async function tellInterrupted(run: Run, error: string, attention: string): Promise<void> {
  await run.world.notifier.send({
    channel: "log",
    priority: "high",
    title: `${run.template.name} is interrupted`,
    message: `${error}; ${attention}`,
    id: `${run.id}-interrupted-${run.claim.epoch}`,
    operation: run.id,
  });
}

/** Sends what the moment calls for (forward null: the start). Returns what could not be sent, for `attention`. */
export async function notify(run: Run, forward: Forward | null, rollback: RollbackStatus): Promise<string[]> {
  if (forward === null) return send(run, "on_start", null);
  if (forward.kind === "success")
    return [...(await send(run, "on_success", null)), ...(await send(run, "on_complete", null))];
  // What it was for; whoever asked for it was told of the failure before.
  if (forward.problem.kind === "rolled-back" && rollback !== "failed") return [];
  const failures: string[] = [];
  // A registry that can't be read must not keep the operation from its end.
  const decide = (what: string, look: () => boolean) => {
    try {
      return look();
    } catch (thrown) {
      failures.push(`nobody can tell whether it is ${what}: ${messageOf(thrown)}`);
      return false;
    }
  };
  const urgent = decide("urgent", () => isUrgent(run));
  const critical = decide("critical", () => isCritical(run, rollback));
  failures.push(...(await send(run, "on_failure", forward, urgent)));
  if (critical) failures.push(...(await send(run, "on_critical_failure", forward, urgent)));
  return [...failures, ...(await send(run, "on_complete", forward))];
}

async function send(
  run: Run,
  moment: NotificationMoment,
  failure: (Forward & { kind: "failed" }) | null,
  urgent = false,
): Promise<string[]> {
  const because = failure && run.world.masker.mask(describe(failure.problem));
  const scope = failure ? failureScope(run, failure) : run.scope;
  if (moment === "on_failure" && run.template.notifications.on_failure.length === 0 && because !== null) {
    await tellDefaultChannel(run, because, urgent || run.template.operation.type === "recovery");
  }
  const failures: string[] = [];
  for (const step of run.template.notifications[moment]) {
    const sent = urgent ? withPriority(step) : step;
    const outcome = await runStep(sent, {
      run,
      scope,
      phase: "notifications",
      parent: null,
      beside: false,
      signal: new AbortController().signal,
    });
    if (outcome.kind === "failed") failures.push(`notification ${step.name}: ${outcome.message}`);
  }
  return failures;
}

const withPriority = (step: Step): Step => ({ ...step, config: { ...step.config, priority: "high" } as Mapping });

/** A failure that nobody asked to hear of is still told to somebody. */
async function tellDefaultChannel(run: Run, because: string, urgent: boolean): Promise<void> {
  await run.world.notifier.send({
    channel: "log",
    priority: urgent ? "high" : "normal",
    title: `${run.template.name} failed`,
    message: because,
    id: `${run.id}-failed`,
    operation: run.id,
  });
}

function isCritical(run: Run, rollback: RollbackStatus): boolean {
  const target = targetOf(run.template, run.scope);
  const listed = run.scope.get("critical_failures");
  return (
    rollback === "failed" ||
    (target !== null && run.world.services.entry(target)?.critical === true) ||
    (Array.isArray(listed) && listed.length > 0)
  );
}

/** After `escalation_threshold` failed recoveries of the same target in a row, this one included. */
function isUrgent(run: Run): boolean {
  const threshold = run.template.recoveryStats?.escalation_threshold;
  if (threshold === undefined) return false;
  const before = run.world.queue.endsBefore(run.template.name, targetOf(run.template, run.scope), threshold - 1);
  return before.length >= threshold - 1 && before.every((status) => status === "failed");
}
