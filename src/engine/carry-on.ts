/** An operation that was interrupted, made ready to run again from its journal: the journaled texts count. */
import { problem } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import type { Claim } from "../queue/queue.ts";
import type { OperationRow } from "../queue/rows.ts";
import { restore } from "./parameter-secrets.ts";
import { pastOf } from "./past.ts";
import { readLoopsOf } from "./read-loops.ts";
import { newRun, type Run } from "./run.ts";
import { removeRunFolders } from "./spawn.ts";
import { validate } from "./submit.ts";
import type { World } from "./world.ts";

/** Throws `template-invalid` where this program reads the journaled template differently than the one that took it. */
export async function carryOn(world: World, row: OperationRow, claim: Claim): Promise<Run> {
  const { template, template_text: text } = row;
  const read = validate(world, { name: template, file: template, text }).template;
  const parameters = restore(world.places.data, row.id, JSON.parse(row.parameters) as Mapping);
  for (const { name, type } of read.parameters) {
    if (type === "secret" && typeof parameters[name] === "string") world.masker.add(parameters[name]);
  }
  const run = newRun({
    world,
    template: read,
    claim,
    askedBy: row.asked_by,
    parameters,
    attached: JSON.parse(row.attached) as Record<string, string>,
    lineage: [],
    readLoops: readLoopsOf(read),
    startedAt: row.started_at ?? world.clock.now(),
    past: pastOf(row, world.queue.steps(row.id)),
  });
  for (const { resource, token } of await world.locks.heldBy(row.id)) run.tokens.set(resource, token);
  return run;
}

/** What a person says became of the step that nobody could tell of. */
export type Verdict = "done" | "not-done" | "failed";

/** Records the verdict as the step's result. Throws `usage` when no such step is open. */
export async function resolveStep(world: World, operation: string, name: string, verdict: Verdict): Promise<void> {
  const open = world.queue.steps(operation).filter(({ status }) => status === "running");
  const row = open.findLast((step) => step.name === name || step.key === name);
  if (!row) {
    const names = open.map((step) => step.name).join(", ");
    throw problem({
      kind: "usage",
      message: `no step ${name} of ${operation} is waiting for a verdict`,
      hint: names ? `Open: ${names}` : `Carry on: garza queue resume ${operation}`,
    });
  }
  const { phase, parent, key, step_type, sequence, attempt, token, started_at: startedAt } = row;
  const error = verdict === "done" ? null : `a person said: ${verdict}`;
  const result = {
    value: null,
    error,
    record: {},
    sets: {},
    duration_ms: 0,
    retried: verdict === "not-done",
    exit: null,
  };
  await world.journal.finish(
    { operation, key, name: row.name, step_type, phase, parent, sequence, attempt, token, startedAt },
    { status: verdict === "done" ? "success" : "failed", ...result },
    null,
    verdict === "not-done" ? { delay_ms: 0 } : null,
  );
  removeRunFolders(world, token);
}
