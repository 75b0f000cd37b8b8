/** What a person says became of the steps that nobody could tell of, written into the journal. */
import { problem } from "../core/problem.ts";
import type { StepRow } from "../queue/rows.ts";
import { idleTypes } from "../queue/take-over.ts";
import type { Attempt } from "./journal/journal.ts";
import { removeRunFolders } from "./spawn.ts";
import type { World } from "./world.ts";

export type Verdict = "done" | "not-done" | "failed";

/** Steps that did something and have no result, of the operation and of those within it. */
export function openSteps(world: World, operation: string): StepRow[] {
  const { queue } = world;
  const own = queue
    .steps(operation)
    .filter(({ status, step_type }) => status === "running" && !idleTypes.has(step_type));
  return [...own, ...queue.children(operation).flatMap(({ id }) => openSteps(world, id))];
}

/** Records the verdict as the step's result. Throws `usage` when no such step is open. */
export async function resolveStep(world: World, operation: string, name: string, verdict: Verdict): Promise<void> {
  const open = openSteps(world, operation);
  const row = open.findLast((step) => step.name === name || step.key === name);
  if (!row) {
    const names = open.map((step) => step.name).join(", ");
    throw problem({
      kind: "usage",
      message: `no step ${name} of ${operation} is waiting for a verdict`,
      hint: names ? `Open: ${names}` : `Carry on: garza queue resume ${operation}`,
    });
  }
  const error = verdict === "done" ? null : `a person said: ${verdict}`;
  await settle(world, row, verdict === "done" ? "success" : "failed", error, verdict === "not-done");
}

/** What was recorded from this step on counts no more: it is run again, as a further attempt. Throws `usage`. */
export async function beginAgain(world: World, operation: string, name: string): Promise<void> {
  const rows = world.queue.steps(operation).filter(({ phase }) => phase === "steps");
  const first = rows.find((row) => row.name === name || row.key === name);
  if (!first) {
    const hint = `Its steps so far: ${[...new Set(rows.map((row) => row.name))].join(", ")}`;
    throw problem({ kind: "usage", message: `operation ${operation} has no step ${name} yet`, hint });
  }
  for (const row of rows.filter(({ sequence }) => sequence >= first.sequence)) {
    if (row.status === "running") await settle(world, row, "failed", "a person said: again from here", true);
  }
  await world.journal.forgetResults(operation, first.sequence);
}

async function settle(
  world: World,
  row: StepRow,
  status: "success" | "failed",
  error: string | null,
  retried: boolean,
): Promise<void> {
  const result = { status, value: null, error, record: {}, sets: {}, duration_ms: 0, retried, exit: null };
  await world.journal.finish(attemptOf(row), result, null, retried ? { delay_ms: 0 } : null);
  removeRunFolders(world, row.token);
}

const attemptOf = ({ started_at: startedAt, ...row }: StepRow): Attempt => ({ ...row, startedAt });
