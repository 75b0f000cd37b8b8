/**
 * One claimed operation, from its prerequisites to its recorded end. The order of the end is fixed:
 * undo and rollback, notifications, report and history, locks, the final status.
 */
import { alarm } from "../core/clock.ts";
import type { RollbackStatus } from "../core/events.ts";
import { GarzaError, type Problem, problem } from "../core/problem.ts";
import type { End } from "../queue/queue.ts";
import { giveUp } from "./give-up.ts";
import { notify, tellInterrupted } from "./notify.ts";
import { hasTurnedBack, stopIfStopped, Unknown } from "./past.ts";
import { checkPrerequisites } from "./prerequisites.ts";
import { writeRecords } from "./records.ts";
import { retakeLocks, takeLocksAgain } from "./retake.ts";
import { rollBack } from "./roll-back.ts";
import { type Run, stopReason, stopWhenLost } from "./run.ts";
import { StandsBack } from "./stand-back.ts";
import { runSteps } from "./steps.ts";

/** How the forward run ended. */
export type Forward =
  | { kind: "success"; message: string | null }
  | { kind: "failed"; problem: Problem; failedStep: string | null };

export type Outcome = Omit<End, "status"> & {
  /** `queued`: it stands back, and is carried on later. */
  status: End["status"] | "interrupted" | "queued";
  id: string;
  /** What decides the exit code; null on success. */
  problem: Problem | null;
  /** Something that is no problem was thrown: a bug to be reported with its stack. */
  bug: unknown;
};

export async function execute(run: Run): Promise<Outcome> {
  const release = timeLimit(run);
  const unlisten = stopWhenLost(run);
  try {
    if (run.past) await takeLocksAgain(run);
    return await toTheEnd(run, release);
  } catch (thrown) {
    if (thrown instanceof StandsBack) return standBack(run, thrown);
    if (thrown instanceof Unknown) return interrupt(run, thrown);
    if (thrown instanceof GarzaError && thrown.problem.kind === "lock-moved") return askWhetherToGoOn(run, thrown);
    throw thrown;
  } finally {
    release();
    unlisten();
  }
}

async function toTheEnd(run: Run, forwardEnded: () => void): Promise<Outcome> {
  const { clock, queue, locks, sharing } = run.world;
  // What it took in processes before this one counts, too.
  const startedAt = clock.monotonic() - (run.past ? Math.max(0, clock.now() - run.startedAt) : 0);
  const isLost = run.past?.isLost === true;
  if (isLost) await giveUp(run.world, run.id);
  const forward = isLost ? lostIn(run) : await goForward(run);
  forwardEnded();

  const rollback = await goBack(run, forward);
  const notified = await notify(run, forward, rollback);
  const end = endOf(run, forward, rollback, Math.round(clock.monotonic() - startedAt));
  const kept = await writeRecords(run, forward, end);
  const attention = [...notified, ...kept].join("; ") || end.attention;
  // Written in one turn of the event loop, so in one transaction: no ended operation holds a lock.
  const held = await locks.heldBy(run.id);
  const released = held.map(({ resource }) => locks.release({ resource, operation: run.id, force: false, all: true }));
  await Promise.all([...released, queue.end(run.claim, { ...end, attention })]);
  sharing.publishSoon();
  const cause = end.status === "success" || forward.kind === "success" ? null : forward.problem;
  return { ...end, attention, id: run.id, problem: cause, bug: run.bug };
}

async function goBack(run: Run, forward: Forward): Promise<RollbackStatus> {
  if (forward.kind === "success") return "none";
  // It would hit whoever has the lock now.
  if (run.lost.signal.aborted) return "none";
  return run.past?.isLost ? "failed" : rollBack(run, forward);
}

/** Nested ones wait for their parent to take them up again: what it waits for is said there. */
async function standBack(run: Run, thrown: StandsBack): Promise<Outcome> {
  const isNested = run.lineage.length > 0;
  const back = isNested ? { ...thrown.back, waitingFor: null, wakeAt: null } : thrown.back;
  await run.world.queue.standBack(run.claim, back);
  if (isNested) throw thrown;
  const none = { error: null, failed_step: null, attention: null, problem: null, bug: undefined };
  return { status: "queued", reason: back.reason, rollback: "none", duration_ms: 0, id: run.id, ...none };
}

/** It keeps its locks and its place: a person says what became of the step, and it is carried on. */
async function interrupt(run: Run, { step, message, reason }: Unknown): Promise<Outcome> {
  const attention =
    reason === "secret_lost"
      ? `run it once more, and what came after it: garza queue resume ${run.id} --from ${step}`
      : `say what became of it: garza queue resolve ${run.id} --step ${step} --as done|not-done|failed`;
  return leaveOpen(
    run,
    { reason, error: message, failed_step: step, attention },
    {
      kind: "interrupted",
      operation: run.id,
      step,
    },
  );
}

/** Another machine worked under its lock meanwhile: a person looks before anything goes on. */
async function askWhetherToGoOn(run: Run, moved: GarzaError): Promise<Outcome> {
  const attention = `look at what was done meanwhile, then: garza queue resume ${run.id}`;
  const found = { reason: "lock_moved", error: moved.message, failed_step: null, attention };
  return leaveOpen(run, found, moved.problem);
}

type Found = { reason: string; error: string; failed_step: string | null; attention: string };

async function leaveOpen(run: Run, found: Found, problem: Problem): Promise<Outcome> {
  await run.world.queue.interrupt(run.claim, found);
  if (run.lineage.length === 0) await tellInterrupted(run, found.error, found.attention);
  return { status: "interrupted", ...found, rollback: "none", duration_ms: 0, id: run.id, problem, bug: undefined };
}

async function goForward(run: Run): Promise<Forward> {
  try {
    // A stop from before any step was begun. It counts from the first step that is not recorded.
    if (run.past?.rows.size === 0) stopIfStopped(run);
    // Once, and not again when it is carried on: its own first steps may have changed what they look at.
    if (!run.past || run.past.rows.size === 0) await checkPrerequisites(run);
    await notify(run, null, "none");
    const outcome = await runSteps(run.template.steps, {
      run,
      scope: run.scope,
      phase: "steps",
      parent: null,
      beside: false,
      signal: run.stop.signal,
    });
    // It failed because of the cancel, as far as anybody can tell now. And who was on the way back goes on there.
    if (outcome.kind === "failed" || hasTurnedBack(run)) stopIfStopped(run);
    const unheld = await retakeLocks(run);
    if (unheld) return nothingDone(run, unheld);
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
    if (thrown instanceof Unknown || thrown instanceof StandsBack) throw thrown;
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

/** It may not go back without the locks, and did nothing by itself. */
function nothingDone(run: Run, unheld: Problem): Forward {
  run.changed = false;
  return { kind: "failed", problem: unheld, failedStep: null };
}

/** The operation's own `timeout` takes the way of failure. */
function timeLimit({ timeLimitMs, past, stop, template }: Run): () => void {
  // What was used up before it was carried on: see `stopOf`.
  if (timeLimitMs === undefined || past?.stop) return () => {};
  const what = `operation ${template.name}`;
  const tooLong = problem({ kind: "timed-out", what, seconds: timeLimitMs / 1000 });
  return alarm(Math.max(0, timeLimitMs - (past?.spentMs ?? 0)), () => stop.abort(tooLong));
}

/** Its process died again and again on the way back. */
function lostIn({ past }: Run): Forward {
  const givenUp = [...(past?.rows.values() ?? [])].findLast(
    ({ phase, status }) => phase !== "steps" && status === "unknown",
  );
  const cause: Problem = past?.stop ?? { kind: "crash-loop", step: givenUp?.name ?? "", times: 0 };
  return { kind: "failed", problem: cause, failedStep: cause.kind === "crash-loop" ? cause.step : null };
}

function endOf(
  run: Run,
  forward: Forward,
  rollback: RollbackStatus,
  duration_ms: number,
): Omit<End, "attention"> & { attention: string | null } {
  const back = `its lock was lost, and nothing was rolled back: garza queue rollback ${run.id} takes it again and does`;
  const wanted = run.lost.signal.aborted && run.changed ? back : null;
  const base = { rollback, duration_ms, attention: wanted ?? (rollback === "failed" ? "the rollback failed" : null) };
  if (forward.kind === "success") return { status: "success", reason: null, error: null, failed_step: null, ...base };
  const { problem: cause, failedStep } = forward;
  const reason = reasons[cause.kind] ?? "step_failed";
  // To go back was what it was for.
  if (cause.kind === "rolled-back" && rollback !== "failed")
    return { status: "success", reason, error: null, failed_step: null, ...base };
  return {
    status: cause.kind === "cancelled" ? "cancelled" : "failed",
    reason,
    error: run.world.masker.mask(new GarzaError(cause).message),
    failed_step: failedStep,
    ...base,
  };
}

const reasons: Partial<Record<Problem["kind"], string>> = {
  "prerequisite-failed": "prerequisite",
  "timed-out": "timed_out",
  cancelled: "cancelled",
  "crash-loop": "crash_loop",
  "rolled-back": "rolled_back",
  "lock-held": "lock_held",
  "lock-lost": "lock_lost",
};
