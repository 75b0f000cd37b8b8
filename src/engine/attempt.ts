/** The attempts of one step: intent, run, result, and whether to try again. */
import { alarm } from "../core/clock.ts";
import { isWithin } from "../core/files.ts";
import { GarzaError, messageOf, problem } from "../core/problem.ts";
import { failed, type StepOutcome } from "../steps/step.ts";
import { conclude, type Ended, resultOf, shownValue } from "./conclude.ts";
import { configure } from "./configure.ts";
import { stepContext } from "./context.ts";
import { intentOf } from "./intent.ts";
import { isThere, thereAlready } from "./is-there.ts";
import type { Attempt } from "./journal/journal.ts";
import type { Options } from "./options.ts";
import { beginning, mayTakeUp, Unknown } from "./past.ts";
import type { Reached } from "./reached.ts";
import { hide, withoutItsWords } from "./sensitive.ts";
import { removeRunFolders } from "./spawn.ts";
import { recorded, StandsBack } from "./stand-back.ts";
import type { World } from "./world.ts";

/** How one attempt went. `isFinal`: another one can't mend it. */
export type Tried = { outcome: StepOutcome; failedStep: string | undefined; isFinal: boolean };

export async function attemptStep(reached: Reached): Promise<Ended> {
  const { step, type, options, identity, frame, rendering } = reached;
  const { run } = frame;
  const { clock, journal, leaving } = run.world;
  const first = beginning(reached);
  for (let number = first.number; ; number++) {
    const config = configure(step, type, rendering);
    const changes = step.type !== "lock" && type.effect(config) !== "read-only";
    const attempt =
      first.open?.attempt === number
        ? first.open
        : await recorded(
            journal.start(identity, number, await intentOf(reached, config, changes), step.options.description ?? null),
          );
    // Not before: what is refused while it is filled in has changed nothing.
    if (changes) run.changed = true;
    const startedAt = clock.monotonic();
    const tried = await tryOrTell(reached, config, attempt, attempt === first.open);
    const mayRetry = tried.outcome.kind === "failed" && !tried.isFinal && !frame.signal.aborted;
    const retry = mayRetry && number <= options.retries ? { delay_ms: backoff(options, number) } : null;
    const ended = conclude(reached, tried, number, Math.round(clock.monotonic() - startedAt));
    if (first.isRecorded) return ended;
    hide(reached, ended);
    const result = resultOf(ended, retry !== null, reached);
    await recorded(journal.finish(attempt, result, shownValue(ended.value, reached), retry));
    removeRunFolders(run.world, attempt.token);
    if (!retry) return ended;
    // A stop during the pause is found by the next look at the signal.
    await clock.sleep(retry.delay_ms, AbortSignal.any([frame.signal, leaving])).catch(() => {});
    if (leaving.aborted) throw leaving.reason;
    if (frame.signal.aborted) return ended;
  }
}

/** On the way back nobody is asked: there it is a failure that nobody can tell what a step did. */
async function tryOrTell(reached: Reached, config: unknown, attempt: Attempt, wasOpen: boolean): Promise<Tried> {
  try {
    return await tryOrRepeat(reached, config, attempt, wasOpen);
  } catch (thrown) {
    if (!(thrown instanceof Unknown) || reached.frame.phase === "steps") throw thrown;
    return { outcome: failed(thrown.message), failedStep: reached.step.name, isFinal: true };
  }
}

/** What nobody can tell of is done again where the step is idempotent, or its check does not see the effect. */
async function tryOrRepeat(reached: Reached, config: unknown, attempt: Attempt, wasOpen: boolean): Promise<Tried> {
  try {
    if (wasOpen && !(await mayTakeUp(reached))) throw new Unknown(reached.step.name);
    // What only looked is done again wherever it is gone without a record.
    return await tryOnce(reached, config, attempt, reached.type.effect(config) === "read-only");
  } catch (thrown) {
    if (!(thrown instanceof Unknown)) throw thrown;
    const found = reached.options.idempotent ? false : await isThere(reached).catch(orNobodyKnows);
    if (found === undefined) throw thrown;
    if (!found) return tryOnce(reached, config, attempt, true);
    return { outcome: { kind: "skipped", why: thereAlready }, failedStep: undefined, isFinal: false };
  }
}

/** A check that can't be carried out (its host is away, its time is over) says nothing either way. */
function orNobodyKnows(thrown: unknown): undefined {
  if (!(thrown instanceof GarzaError)) throw thrown;
}

async function tryOnce(reached: Reached, config: unknown, attempt: Attempt, mayRepeat: boolean): Promise<Tried> {
  const { step, type, options, frame } = reached;
  const { signal, workSignal, deadline, release } = limited(reached, attempt);
  let failedStep: string | undefined;
  const run = () => {
    // A context of its own each time: it counts the processes from the first, and finds again what ran.
    const onNestedFailure = (step: string) => {
      failedStep ??= step;
    };
    return type.run(
      config,
      stepContext({ ...reached, attempt, signal, workSignal, deadline, mayRepeat, onNestedFailure }),
    );
  };
  try {
    const outcome = await throughTrouble(run, frame.run.world, signal);
    return { outcome: options.sensitive ? withoutItsWords(outcome) : outcome, failedStep, isFinal: false };
  } catch (thrown) {
    if (thrown instanceof Unknown || (isUnknown(thrown) && !options.idempotent)) {
      throw thrown instanceof Unknown ? thrown : new Unknown(step.name, thrown);
    }
    if (thrown instanceof StandsBack) throw thrown;
    const reason = signal.aborted ? signal.reason : thrown;
    if (reason instanceof StandsBack) throw reason;
    if (!(reason instanceof GarzaError)) frame.run.bug ??= thrown;
    return {
      outcome: { kind: "failed", message: messageOf(reason) },
      failedStep: failedStep ?? step.name,
      isFinal: reason instanceof GarzaError && beyondRetry.has(reason.problem.kind),
    };
  } finally {
    release();
  }
}

/** Too many open files, no memory, no room: trouble of the machine, not of the step. Nothing was started, so it is tried again. */
async function throughTrouble<T>(run: () => Promise<T>, world: World, signal: AbortSignal): Promise<T> {
  for (let pause = 500, times = 0; ; pause *= 2, times++) {
    try {
      return await run();
    } catch (thrown) {
      const isFull = isFullDisk(thrown, world);
      const isTrouble = thrown instanceof GarzaError && thrown.problem.kind === "machine-exhausted";
      if (!(isTrouble || isFull) || times === 5) throw thrown;
      if (isFull) world.onFull();
      await world.clock.sleep(pause, signal);
    }
  }
}

/** Of the data folder, where its run folder is; elsewhere it may be what the step itself writes. */
function isFullDisk(thrown: unknown, { places }: World): boolean {
  if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "storage-full") return false;
  return isWithin(places.data, thrown.problem.where);
}

/** What was sent may have arrived: neither a failure nor an answer, and never sent again by itself. */
const isUnknown = (thrown: unknown) => thrown instanceof GarzaError && thrown.problem.kind === "outcome-unknown";

const beyondRetry: ReadonlySet<string> = new Set([
  "value-refused",
  "path-refused",
  "host-unknown",
  "service-unknown",
  "template-invalid",
]);

/** The frame's signal, and the attempt's own time limit. A step that only waits is left at once by who leaves. */
function limited({ step, type, options, frame }: Reached, { startedAt }: Attempt) {
  const { timeoutMs } = options;
  const { clock, leaving } = frame.run.world;
  const withLeaving = (work: AbortSignal) => ({
    signal: type.waits ? AbortSignal.any([work, leaving]) : work,
    workSignal: work,
  });
  if (timeoutMs === undefined) return { ...withLeaving(frame.signal), deadline: undefined, release: () => {} };
  const limit = new AbortController();
  const tooLong = problem({ kind: "timed-out", what: `step ${step.name}`, seconds: timeoutMs / 1000 });
  // Waiting goes on where it was; what is done once more has its whole time.
  const spentMs = type.waits ? Math.max(0, clock.now() - startedAt) : 0;
  const leftMs = Math.max(0, timeoutMs - spentMs);
  const release = alarm(leftMs, () => limit.abort(tooLong));
  const work = AbortSignal.any([frame.signal, limit.signal]);
  return { ...withLeaving(work), deadline: clock.monotonic() + leftMs, release };
}

/** Exponential, with up to a tenth of jitter so that machines which failed together don't come back together. */
function backoff({ retryDelayMs, retryBackoff }: Options, attempt: number): number {
  return Math.round(retryDelayMs * retryBackoff ** (attempt - 1) * (1 + Math.random() / 10));
}
