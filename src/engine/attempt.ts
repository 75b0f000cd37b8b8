/** The attempts of one step: intent, run, result, and whether to try again. */
import { alarm, type Clock } from "../core/clock.ts";
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

/** How one attempt went. `isFinal`: another one can't mend it. */
export type Tried = { outcome: StepOutcome; failedStep: string | undefined; isFinal: boolean };

export async function attemptStep(reached: Reached): Promise<Ended> {
  const { step, type, options, identity, frame, rendering } = reached;
  const { run } = frame;
  const { clock, journal } = run.world;
  const first = beginning(reached);
  for (let number = first.number; ; number++) {
    const config = configure(step, type, rendering);
    const changes = step.type !== "lock" && type.effect(config) !== "read-only";
    const attempt =
      first.open?.attempt === number
        ? first.open
        : await journal.start(
            identity,
            number,
            await intentOf(reached, config, changes),
            step.options.description ?? null,
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
    await journal.finish(attempt, resultOf(ended, retry !== null, reached), shownValue(ended.value, reached), retry);
    removeRunFolders(run.world, attempt.token);
    if (!retry) return ended;
    // A stop during the pause is found by the next look at the signal.
    await clock.sleep(retry.delay_ms, frame.signal).catch(() => {});
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
    return await tryOnce(reached, config, attempt, false);
  } catch (thrown) {
    if (!(thrown instanceof Unknown)) throw thrown;
    const found = reached.options.idempotent ? false : await isThere(reached);
    if (found === undefined) throw thrown;
    if (!found) return tryOnce(reached, config, attempt, true);
    return { outcome: { kind: "skipped", why: thereAlready }, failedStep: undefined, isFinal: false };
  }
}

async function tryOnce(reached: Reached, config: unknown, attempt: Attempt, mayRepeat: boolean): Promise<Tried> {
  const { step, type, options, frame } = reached;
  const { signal, deadline, release } = limited(reached);
  let failedStep: string | undefined;
  const run = () => {
    // A context of its own each time: it counts the processes from the first, and finds again what ran.
    const onNestedFailure = (step: string) => {
      failedStep ??= step;
    };
    return type.run(config, stepContext({ ...reached, attempt, signal, deadline, mayRepeat, onNestedFailure }));
  };
  try {
    const outcome = await throughTrouble(run, frame.run.world.clock, signal);
    return { outcome: options.sensitive ? withoutItsWords(outcome) : outcome, failedStep, isFinal: false };
  } catch (thrown) {
    if (thrown instanceof Unknown || (isUnknown(thrown) && !options.idempotent)) {
      throw thrown instanceof Unknown ? thrown : new Unknown(step.name, thrown);
    }
    const reason = signal.aborted ? signal.reason : thrown;
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

/** Too many open files, no memory: trouble of the machine, not of the step. Nothing was started, so it is tried again. */
async function throughTrouble<T>(run: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (let pause = 500, times = 0; ; pause *= 2, times++) {
    try {
      return await run();
    } catch (thrown) {
      const isTrouble = thrown instanceof GarzaError && thrown.problem.kind === "machine-exhausted";
      if (!isTrouble || times === 5) throw thrown;
      await clock.sleep(pause, signal);
    }
  }
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

/** The frame's signal, and the attempt's own time limit. */
function limited({ step, options, frame }: Reached) {
  const { timeoutMs } = options;
  if (timeoutMs === undefined) return { signal: frame.signal, deadline: undefined, release: () => {} };
  const limit = new AbortController();
  const tooLong = problem({ kind: "timed-out", what: `step ${step.name}`, seconds: timeoutMs / 1000 });
  const release = alarm(timeoutMs, () => limit.abort(tooLong));
  return {
    signal: AbortSignal.any([frame.signal, limit.signal]),
    deadline: frame.run.world.clock.monotonic() + timeoutMs,
    release,
  };
}

/** Exponential, with up to a tenth of jitter so that machines which failed together don't come back together. */
function backoff({ retryDelayMs, retryBackoff }: Options, attempt: number): number {
  return Math.round(retryDelayMs * retryBackoff ** (attempt - 1) * (1 + Math.random() / 10));
}
