/** An attempt's outcome in the language's words: the headline value, the probe's answer, the record. */
import type { Mapping, Value } from "../core/value.ts";
import type { StepOutcome } from "../steps/step.ts";
import { isProbe } from "../template/probe.ts";
import type { Tried } from "./attempt.ts";
import type { StepResult } from "./journal/journal.ts";
import type { Reached } from "./reached.ts";

/** A step's end, after all its attempts. */
export type Ended = {
  outcome: StepOutcome;
  value: Value;
  sets: Mapping;
  /** What `steps.<name>` gives. */
  record: Mapping;
  /** The nested step that failed, where one did. */
  failedStep: string | undefined;
};

export function conclude(
  reached: Reached,
  { outcome, failedStep }: Tried,
  attempts: number,
  duration_ms: number,
): Ended {
  const { step, type, options, frame } = reached;
  const headline = "value" in outcome ? (outcome.value ?? null) : null;
  const value = answerOf(reached, outcome, headline);
  const sets: Mapping = { ...("sets" in outcome ? outcome.sets : {}) };
  const name = step.options.output ?? type.defaultOutput?.(step.config);
  const failed = outcome.kind === "failed";
  // A stop is no answer: it leaves no word.
  const isStopped = failed && frame.signal.aborted;
  // A missing field that was not asked for by name replaces nothing.
  if (name !== undefined && !isStopped && !(step.options.output === undefined && value === null)) sets[name] = value;
  const skipped = outcome.kind === "skipped" || (failed && options.optional);
  const record: Mapping = {
    ...("record" in outcome ? outcome.record : {}),
    status: skipped ? "skipped" : failed ? "failed" : "success",
    value: failed ? headline : value,
    error: failed ? outcome.message : outcome.kind === "skipped" ? outcome.why : null,
    attempts,
    duration_ms,
  };
  return { outcome, value, sets, record, failedStep };
}

function answerOf({ step, type, options }: Reached, outcome: StepOutcome, headline: Value): Value {
  const probe = isProbe(step, type);
  if (outcome.kind === "skipped") return "skipped";
  if (outcome.kind === "failed") {
    if (options.optional) return "skipped";
    return step.options.output === undefined ? headline : "failed";
  }
  const expects = Object.keys(step.config).some((key) => key.startsWith("expected"));
  return probe && expects ? type.word : headline;
}

/** What the journal keeps. Of a sensitive step: that it ended, and how; never what it printed or set. */
export function resultOf(
  { outcome, value, sets, record }: Ended,
  retried: boolean,
  { options, frame }: Reached,
): StepResult {
  const { status, error, duration_ms, value: _, attempts: __, ...rest } = record;
  const { masker } = frame.run.world;
  const ended = {
    status: status as StepResult["status"],
    error: typeof error === "string" ? masker.mask(error) : null,
    duration_ms: Number(duration_ms),
    retried,
    exit: outcome.kind === "exit" ? { status: outcome.status, message: outcome.message } : null,
  };
  return options.sensitive ? { ...ended, value: null, record: {}, sets: {} } : { ...ended, value, record: rest, sets };
}

/** The value as events may show it: masked and cut. */
export function shownValue(value: Value, { options, frame }: Reached): Value {
  if (options.sensitive) return null;
  const { masker } = frame.run.world;
  const isLong = (typeof value === "string" ? value : JSON.stringify(value)).length > longestShown;
  if (!isLong) return masker.maskValue(value);
  const text = masker.mask(typeof value === "string" ? value : JSON.stringify(value));
  return `${text.slice(0, longestShown)}…`;
}

const longestShown = 2_000;
