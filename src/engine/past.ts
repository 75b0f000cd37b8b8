/**
 * Carrying on an operation from its journal: the template is walked again from its first step, and what was
 * recorded is taken as it was recorded. Only the steps that were open when the process died are judged anew.
 */
import { GarzaError, messageOf, type Problem } from "../core/problem.ts";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import type { OperationRow, StepRow } from "../queue/rows.ts";
import { deathsAllowed } from "../queue/take-over.ts";
import type { StepOutcome } from "../steps/step.ts";
import type { Step } from "../template/template.ts";
import type { Ended } from "./conclude.ts";
import { configure } from "./configure.ts";
import { planContext } from "./context.ts";
import type { Attempt, StepIdentity, StepResult } from "./journal/journal.ts";
import { keptStep } from "./parameter-secrets.ts";
import type { Reached } from "./reached.ts";
import { noteLock } from "./retake.ts";
import type { Run } from "./run.ts";
import { unhide } from "./sensitive.ts";

export type Past = {
  /** What the journal knows, by step key: the last attempt's row. */
  rows: ReadonlyMap<string, StepRow>;
  /** Why it takes the way back from the first step that is not recorded. */
  stop: Problem | null;
  /** The process dies again and again on the operation's way back: nothing more is tried. */
  isLost: boolean;
  /** Milliseconds of its time limit that are used up. */
  spentMs: number;
};

/** Nobody can tell what a step did before its process died. Not a failure: a person has to say. */
export class Unknown extends Error {
  override name = "Unknown";
  readonly step: string;
  readonly reason: "unknown" | "secret_lost";
  constructor(step: string, cause?: unknown, reason: "unknown" | "secret_lost" = "unknown") {
    super(cause === undefined ? `nobody knows whether step ${step} took effect` : messageOf(cause), { cause });
    this.step = step;
    this.reason = reason;
  }
}

export function pastOf(run: Run, row: OperationRow, steps: readonly StepRow[], spentMs: number): Past {
  // What went wrong on another operation's way back is tried again.
  const isOwn = ({ operation }: StepRow) => operation === row.id;
  const counted = steps.filter((step) => isOwn(step) || step.phase === "steps" || step.status === "success");
  const stop = stopOf(run, row, steps, spentMs);
  // Given up once, it stays so: see `giveUp`.
  const given = row.deaths >= deathsAllowed ? ["running", "unknown"] : ["unknown"];
  const isLost = counted.some(({ status, phase }) => phase !== "steps" && given.includes(status));
  return { rows: new Map(counted.map((step) => [step.key, step])), stop, isLost, spentMs };
}

function stopOf(
  { template, timeLimitMs }: Run,
  { cancel_by, deaths, crash_loop, rollback_of, asked_by }: OperationRow,
  steps: readonly StepRow[],
  spentMs: number,
): Problem | null {
  const open = steps.findLast(({ status }) => status === "running");
  if (cancel_by !== null) return { kind: "cancelled", by: cancel_by };
  if (rollback_of !== null) return { kind: "rolled-back", operation: rollback_of, by: asked_by };
  if (crash_loop !== null) return { kind: "crash-loop", step: crash_loop, times: deathsAllowed };
  if (deaths >= deathsAllowed) return { kind: "crash-loop", step: open?.name ?? "", times: deaths };
  if (timeLimitMs === undefined || spentMs < timeLimitMs) return null;
  return { kind: "timed-out", what: `operation ${template.name}`, seconds: timeLimitMs / 1000 };
}

/** It has gone back before, or has to for what became of it: also where every step was recorded by then. */
export const hasTurnedBack = ({ past }: Run): boolean =>
  past?.stop?.kind === "crash-loop" ||
  [...(past?.rows.values() ?? [])].some(({ phase }) => phase === "undo" || phase === "rollback");

/** A stop from before it was carried on counts from the first step that is not recorded. */
export function stopWhereStopped(run: Run, key: string): void {
  const row = run.past?.rows.get(key);
  if (!row || row.status === "running") stopIfStopped(run);
}

export function stopIfStopped(run: Run): void {
  if (run.past?.stop) run.stop.abort(new GarzaError(run.past.stop));
}

/** The attempt that was open when the process died; null when there is none. */
export function openAttempt(run: Run, identity: StepIdentity): Attempt | null {
  const row = run.past?.rows.get(identity.key);
  return row?.status === "running" ? attemptOf(row, identity) : null;
}

/** The number of the last attempt that has a row. */
export const attemptsSoFar = (run: Run, key: string): number => run.past?.rows.get(key)?.attempt ?? 0;

/** The recorded end of the step; undefined when it has to run. A loop or branch is walked again once it was begun. */
export async function recall(reached: Reached): Promise<Ended | undefined> {
  const { step, identity, frame } = reached;
  const row = frame.run.past?.rows.get(identity.key);
  const result = row && resultIn(row);
  if (!row || !result || row.status === "unknown" || result.retried) return undefined;
  const intent = JSON.parse(row.intent) as Mapping;
  if (intent.changes === true) frame.run.changed = true;
  if (row.status === "success") noteLock(reached);
  if (walked.has(step.type) && intent.lines !== undefined) return undefined;
  for (const nested of frame.run.past?.rows.values() ?? []) {
    // What the looks of a `wait_for` set is seen after it.
    if (!nested.key.startsWith(`${identity.key}#`) && !nested.key.startsWith(`${identity.key}!`)) continue;
    for (const [name, value] of Object.entries(resultIn(nested)?.sets ?? {})) frame.scope.set(name, value);
  }
  if (isSecretLost(reached, row)) {
    if (reached.options.idempotent) return undefined;
    throw new Unknown(step.name, new Error(`what step ${step.name} gave is lost: it was sensitive`), "secret_lost");
  }
  return unhide(reached, endedAs(row, result));
}

/** Later steps would work with nothing in its place. On the way back there is no other value to be had. */
function isSecretLost({ options, frame, identity }: Reached, { status }: StepRow): boolean {
  const { run, phase } = frame;
  if (!options.sensitive || status !== "success" || phase !== "steps" || run.past?.stop) return false;
  return keptStep(run.world.places.data, run.id, identity.key) === undefined;
}

/** Steps whose nested ones run in the same operation and leave names or undos behind. */
const walked: ReadonlySet<string> = new Set(["conditional", "foreach", "parallel"]);
export const isWalked = ({ type }: Step): boolean => walked.has(type);

const resultIn = ({ result }: StepRow) => (result === null ? undefined : (JSON.parse(result) as StepResult));

function endedAs(row: StepRow, { value, sets, record, error, exit, duration_ms, status }: StepResult): Ended {
  const outcome: StepOutcome =
    exit !== null
      ? { kind: "exit", ...exit }
      : status === "failed"
        ? { kind: "failed", message: error ?? "" }
        : status === "skipped"
          ? { kind: "skipped", why: error ?? "" }
          : { kind: "done", value };
  const all = { ...record, status, value, error, attempts: row.attempt, duration_ms };
  return { outcome, value, sets, record: all, failedStep: row.name };
}

/** The attempt to begin with. `open`: it has its row already. `isRecorded`: that row has its result, too. */
export type Beginning = { number: number; open: Attempt | null; isRecorded: boolean };

/** The first attempt, one after those that are recorded, or the open one. */
export function beginning({ step, identity, frame }: Reached): Beginning {
  const row = frame.run.past?.rows.get(identity.key);
  if (!row) return { number: 1, open: null, isRecorded: false };
  const isRecorded = row.status !== "running";
  if (isRecorded && !walked.has(step.type)) return { number: row.attempt + 1, open: null, isRecorded: false };
  return { number: row.attempt, open: attemptOf(row, identity), isRecorded };
}

const attemptOf = (row: StepRow, identity: Reached["identity"]): Attempt => {
  const { sequence, attempt, token, started_at } = row;
  const { boot } = JSON.parse(row.intent) as { boot?: string };
  return { ...identity, sequence, attempt, token, startedAt: started_at, boot: boot ?? "" };
};

/** A process is found again by its token; what only reads, or says so, is run again; the rest needs evidence. */
export async function mayTakeUp({ step, type, rendering, frame, identity }: Reached): Promise<boolean> {
  const row = frame.run.past?.rows.get(identity.key);
  if (row?.status !== "running" || type.resumes || walked.has(step.type)) return true;
  const config = configure(step, type, rendering);
  if (type.effect(config) !== "changes") return true;
  const intent = JSON.parse(row.intent) as Value;
  const found = isMapping(intent) && (await type.evidence?.(config, intent, planContext(frame.run.world, rendering)));
  return found === "run";
}
