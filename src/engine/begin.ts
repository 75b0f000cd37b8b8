/** A claimed operation made ready to run, for the first time or from its journal: the journaled texts count. */
import { parseDuration } from "../core/duration.ts";
import type { Mapping, Value } from "../core/value.ts";
import type { OperationRow, StepRow } from "../queue/rows.ts";
import { restore } from "./parameter-secrets.ts";
import { pastOf } from "./past.ts";
import { readLoopsOf } from "./read-loops.ts";
import { renderingOf } from "./rendering.ts";
import { newRun, type Run } from "./run.ts";
import { readAccepted } from "./submit.ts";
import type { World } from "./world.ts";

/** The operation that this one runs within, and whether other steps run beside it there. */
export type Around = { run: Run; beside: boolean };

/** Throws `template-invalid` where this program reads the journaled template differently than the one that took it. */
export async function begin(world: World, row: OperationRow, around?: Around): Promise<Run> {
  const { id, epoch } = row;
  const attached = JSON.parse(row.attached) as Record<string, string>;
  const template = world.templates(row.template_hash, () =>
    readAccepted(world, { name: row.template, file: row.template, text: row.template_text }, attached),
  );
  const parameters = restore(world.places.data, id, JSON.parse(row.parameters) as Mapping);
  for (const { name, type } of template.parameters) {
    if (type === "secret" && typeof parameters[name] === "string") world.masker.add(parameters[name]);
  }
  const run = newRun({
    world,
    template,
    claim: { id, epoch },
    askedBy: row.asked_by,
    parameters,
    attached,
    lineage: around ? [around.run.id, ...around.run.lineage] : [],
    beside: around?.beside ?? false,
    readLoops: readLoopsOf(template),
    startedAt: row.started_at ?? world.clock.now(),
  });
  for (const { resource, token } of await world.locks.heldBy(id)) run.tokens.set(resource, token);
  run.timeLimitMs = timeLimitOf(run, row.timeout);
  if (epoch > 1 || row.rollback_of !== null)
    run.past = pastOf(run, row, stepsBefore(world, row), world.queue.spentMs(id));
  return run;
}

/** Its own; of who rolls another one back, first that one's and those of who tried it before. */
function stepsBefore({ queue }: World, { id, rollback_of: other }: OperationRow): StepRow[] {
  const others =
    other === null ? [] : [other, ...queue.rollbacksOf(other).map((row) => row.id)].filter((each) => each !== id);
  return [...others, id].flatMap((each) => queue.steps(each));
}

/** Of the whole operation; undefined without one. */
function timeLimitOf(run: Run, asked: string | null): number | undefined {
  const timeout = asked ?? run.template.operation.timeout;
  if (timeout === undefined) return undefined;
  const { template, scope, world } = run;
  const place = { template, root: world.places.root, scope, where: "operation.timeout", warn: () => {} };
  return parseDuration(renderingOf(place).text(timeout as Value));
}
