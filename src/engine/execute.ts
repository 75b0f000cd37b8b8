/**
 * One claimed operation, from its prerequisites to its recorded end. The order of the end is fixed:
 * undo and rollback, notifications, report and history, locks, the final status.
 */
import { alarm } from "../core/clock.ts";
import { parseDuration } from "../core/duration.ts";
import type { RollbackStatus } from "../core/events.ts";
import { GarzaError, type Problem, problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { End } from "../queue/queue.ts";
import { notify, tellInterrupted } from "./notify.ts";
import { stopIfCancelled, Unknown } from "./past.ts";
import { checkPrerequisites } from "./prerequisites.ts";
import { writeRecords } from "./records.ts";
import { renderingOf } from "./rendering.ts";
import { rollBack } from "./roll-back.ts";
import { type Run, stopReason } from "./run.ts";
import { runSteps } from "./steps.ts";

/** How the forward run ended. */
export type Forward =
  | { kind: "success"; message: string | null }
  | { kind: "failed"; problem: Problem; failedStep: string | null };

export type Outcome = Omit<End, "status"> & {
  status: End["status"] | "interrupted";
  id: string;
  /** What decides the exit code; null on success. */
  problem: Problem | null;
  /** Something that is no problem was thrown: a bug to be reported with its stack. */
  bug: unknown;
};

export async function execute(run: Run): Promise<Outcome> {
  const release = timeLimit(run);
  try {
    return await toTheEnd(run, release);
  } catch (thrown) {
    if (!(thrown instanceof Unknown)) throw thrown;
    return interrupt(run, thrown);
  } finally {
    release();
  }
}

async function toTheEnd(run: Run, forwardEnded: () => void): Promise<Outcome> {
  const { clock, queue, locks } = run.world;
  const startedAt = clock.monotonic();
  const forward = await goForward(run);
  forwardEnded();

  const rollback: RollbackStatus = forward.kind === "failed" ? await rollBack(run, forward) : "none";
  const notified = await notify(run, forward, rollback);
  const end = endOf(run, forward, rollback, Math.round(clock.monotonic() - startedAt));
  const kept = await writeRecords(run, forward, end);
  const attention = [...notified, ...kept].join("; ") || end.attention;
  // Written in one turn of the event loop, so in one transaction: no ended operation holds a lock.
  const held = await locks.heldBy(run.id);
  const released = held.map(({ resource }) => locks.release({ resource, operation: run.id, force: false, all: true }));
  await Promise.all([...released, queue.end(run.claim, { ...end, attention })]);
  return { ...end, attention, id: run.id, problem: forward.kind === "failed" ? forward.problem : null, bug: run.bug };
}

/** It keeps its locks and its place: a person says what became of the step, and it is carried on. */
async function interrupt(run: Run, { step, message }: Unknown): Promise<Outcome> {
  const attention = `say what became of it: garza queue resolve ${run.id} --step ${step} --as done|not-done|failed`;
  const found = { reason: "unknown", error: message, failed_step: step, attention };
  await run.world.queue.interrupt(run.claim, found);
  if (run.lineage.length === 0) await tellInterrupted(run, message, attention);
  const problem: Problem = { kind: "interrupted", operation: run.id, step };
  return { status: "interrupted", ...found, rollback: "none", duration_ms: 0, id: run.id, problem, bug: undefined };
}

async function goForward(run: Run): Promise<Forward> {
  try {
    // Once, and not again when it is carried on: its own first steps may have changed what they look at.
    if (!run.past || run.past.rows.size === 0) await checkPrerequisites(run);
    await notify(run, null, "none");
    const outcome = await runSteps(run.template.steps, {
      run,
      scope: run.scope,
      phase: "steps",
      parent: null,
      signal: run.stop.signal,
    });
    // It failed because of the cancel, as far as anybody can tell now.
    if (outcome.kind === "failed") stopIfCancelled(run);
    const stopped = stopReason(run);
    if (stopped)
      return { kind: "failed", problem: stopped.problem, failedStep: outcome.kind === "failed" ? outcome.step : null };
    if (outcome.kind === "done") return { kind: "success", message: null };
    if (outcome.kind === "exit" && outcome.status === "success") return { kind: "success", message: outcome.message };
    const failedStep = outcome.kind === "failed" ? outcome.step : null;
    return {
      kind: "failed",
      problem: { kind: "step-failed", step: failedStep ?? "exit", message: outcome.message },
      failedStep,
    };
  } catch (thrown) {
    if (thrown instanceof Unknown) throw thrown;
    const cause = stopReason(run) ?? thrown;
    if (cause instanceof GarzaError) return { kind: "failed", problem: cause.problem, failedStep: null };
    run.bug ??= cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    return {
      kind: "failed",
      problem: { kind: "step-failed", step: "garza", message: `a bug in garza: ${message}` },
      failedStep: null,
    };
  }
}

/** The operation's own `timeout` takes the way of failure. */
function timeLimit(run: Run): () => void {
  const { timeout } = run.template.operation;
  if (timeout === undefined) return () => {};
  const rendering = renderingOf({
    template: run.template,
    root: run.world.places.root,
    scope: run.scope,
    where: "operation.timeout",
    warn: () => {},
  });
  const milliseconds = parseDuration(rendering.text(timeout as Value));
  if (milliseconds === undefined) return () => {};
  const stop = () =>
    run.stop.abort(
      problem({ kind: "timed-out", what: `operation ${run.template.name}`, seconds: milliseconds / 1000 }),
    );
  return alarm(milliseconds, stop);
}

function endOf(
  run: Run,
  forward: Forward,
  rollback: RollbackStatus,
  duration_ms: number,
): Omit<End, "attention"> & { attention: string | null } {
  const base = { rollback, duration_ms, attention: rollback === "failed" ? "the rollback failed" : null };
  if (forward.kind === "success") return { status: "success", reason: null, error: null, failed_step: null, ...base };
  const { problem: cause, failedStep } = forward;
  return {
    status: cause.kind === "cancelled" ? "cancelled" : "failed",
    reason: reasons[cause.kind] ?? "step_failed",
    error: run.world.masker.mask(new GarzaError(cause).message),
    failed_step: failedStep,
    ...base,
  };
}

const reasons: Partial<Record<Problem["kind"], string>> = {
  "prerequisite-failed": "prerequisite",
  "timed-out": "timed_out",
  cancelled: "cancelled",
};
