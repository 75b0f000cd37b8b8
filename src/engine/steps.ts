/** A list of steps in order, and one step from its conditions to its recorded end. */
import { GarzaError, messageOf } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import type { NestedOutcome } from "../steps/step.ts";
import { isProbe } from "../template/probe.ts";
import type { Step } from "../template/template.ts";
import { attemptStep } from "./attempt.ts";
import type { Ended } from "./conclude.ts";
import { isThere, thereAlready } from "./is-there.ts";
import type { Attempt, StepIdentity, StepResult } from "./journal/journal.ts";
import { type Options, readOptions } from "./options.ts";
import { attemptsSoFar, isWalked, openAttempt, recall, stopWhereStopped } from "./past.ts";
import type { Reached } from "./reached.ts";
import { renderingOf } from "./rendering.ts";
import { type Frame, type Run, stopIfLate, stopReason, warn } from "./run.ts";
import { recorded } from "./stand-back.ts";

/** Stops at the first step that fails or ends the operation. */
export async function runSteps(steps: readonly Step[], frame: Frame): Promise<NestedOutcome> {
  for (const step of steps) {
    const outcome = await runStep(step, frame);
    if (outcome.kind !== "done") return outcome;
  }
  return { kind: "done" };
}

/**
 * Never throws a problem: whatever stops a step is its failure. Throws `Unknown` when nobody can tell what it did,
 * `StandsBack` when the operation is left here to be carried on.
 */
export async function runStep(step: Step, frame: Frame): Promise<NestedOutcome> {
  const { run, scope } = frame;
  const identity = identify(step, frame);
  const type = run.world.stepTypes[step.type];
  if (!type) return fail(step, `no step type ${step.type}`);
  if (run.world.leaving.aborted) throw run.world.leaving.reason;
  stopIfLate(run);
  stopWhereStopped(run, identity.key);
  // An open step has a process or a record to be settled first, also where everything stops.
  const before = run.past?.rows.get(identity.key)?.status;
  const stopped = () => fail(step, messageOf(stopReason(run) ?? frame.signal.reason));
  if (frame.signal.aborted && before === undefined) return stopped();

  const rendering = renderingOf({
    template: run.template,
    root: run.world.places.root,
    scope,
    where: step.name,
    warn: (message) => void warn(run, identity.key, message),
  });
  let options: Options | undefined;
  try {
    options = readOptions(step, rendering, type.defaultTimeout);
    const reached: Reached = { step, type, options, identity, frame, rendering };
    const recalled = await recall(reached);
    if (recalled) return settle(reached, recalled, true);
    if (frame.signal.aborted && before !== "running" && !isWalked(step)) return stopped();
    const skip = await reasonToSkip(reached);
    if (skip !== null) {
      await recordSkip(identity, frame, skip);
      scope.setStep(step.name, { status: "skipped", value: null, error: skip, attempts: 0, duration_ms: 0 });
      return { kind: "done" };
    }
    return settle(reached, await attemptStep(reached));
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    return refuse(step, options, identity, frame, thrown);
  }
}

/** `steps/each[3]/steps/check`: the step's place, with the loop positions on the way to it. */
function identify(step: Step, { run, phase, parent }: Frame): StepIdentity {
  const key = parent ? parent.prefix + step.id.slice(parent.id.length) : step.id;
  return { operation: run.id, key, name: step.name, step_type: step.type, phase, parent: parent?.key ?? null };
}

async function reasonToSkip(reached: Reached): Promise<string | null> {
  const { step, type, identity, frame, rendering } = reached;
  // What was begun is found again, by its process or its steps: its effect may be there, and it not at its end.
  if (openAttempt(frame.run, identity) && type.resumes) return null;
  if (attemptsSoFar(frame.run, identity.key) > 0 && isWalked(step)) return null;
  const { when } = step.options;
  const wanted = when === undefined || (typeof when === "boolean" ? when : rendering.condition(when));
  if (!wanted) return "its condition is false";
  return (await isThere(reached)) ? thereAlready : null;
}

async function recordSkip(identity: StepIdentity, { run }: Frame, why: string): Promise<void> {
  const { journal } = run.world;
  const open = openAttempt(run, identity);
  if (open) await finishUnrun(open, run, { status: "skipped", error: why, sets: {} });
  else await recorded(journal.skip(identity, why, attemptsSoFar(run, identity.key) + 1));
}

function finishUnrun(attempt: Attempt, { world }: Run, said: Pick<StepResult, "status" | "error" | "sets">) {
  const unrun = { value: null, record: {}, duration_ms: 0, retried: false, exit: null };
  return recorded(world.journal.finish(attempt, { ...unrun, ...said }, null, null));
}

/** What the ended step leaves in its scope, and what it means for the list it stands in. */
function settle({ step, type, options, identity, frame }: Reached, ended: Ended, wasRecorded = false): NestedOutcome {
  const { run, scope, signal } = frame;
  const { outcome, sets, record } = ended;
  for (const [name, value] of Object.entries(sets)) scope.set(name, value);
  scope.setStep(step.name, record);
  if (step.type === "foreach") run.lastLoop.set(scope, step.name);
  if (outcome.kind === "exit") return { kind: "exit", status: outcome.status, message: outcome.message };
  if (outcome.kind === "done" && step.undo.length > 0) run.completed.push({ step, key: identity.key, scope });
  if (outcome.kind !== "failed") return { kind: "done" };
  const mayFail = options.optional || options.continueOnFailure || isProbe(step, type);
  // A stop is never swallowed by a step that may fail. The way back has a signal of its own.
  if (mayFail && (wasRecorded || !signal.aborted)) return { kind: "done" };
  return { kind: "failed", step: ended.failedStep ?? step.name, message: outcome.message };
}

/** The step could not even be started: a value that is refused, a name that is not set. */
async function refuse(
  step: Step,
  options: Options | undefined,
  identity: StepIdentity,
  frame: Frame,
  thrown: GarzaError,
): Promise<NestedOutcome> {
  const { run, scope, signal } = frame;
  const { description = null, output } = step.options;
  const error = run.world.masker.mask(thrown.message);
  const attempt =
    openAttempt(run, identity) ??
    (await recorded(run.world.journal.start(identity, attemptsSoFar(run, identity.key) + 1, {}, description)));
  const status = options?.optional ? "skipped" : "failed";
  const sets: Mapping = output === undefined ? {} : { [output]: status };
  await finishUnrun(attempt, run, { status, error, sets });
  for (const [name, value] of Object.entries(sets)) scope.set(name, value);
  scope.setStep(step.name, { status, value: null, error, attempts: attempt.attempt, duration_ms: 0 });
  const mayFail = options?.optional || options?.continueOnFailure;
  return mayFail && !signal.aborted ? { kind: "done" } : fail(step, error);
}

const fail = (step: Step, message: string): NestedOutcome => ({ kind: "failed", step: step.name, message });
