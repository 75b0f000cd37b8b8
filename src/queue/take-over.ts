import type { Database } from "bun:sqlite";
import type { StepPhase } from "../core/events.ts";
import type { Claimant } from "./claim.ts";
import type { Tell } from "./event-log.ts";
import type { OperationRow } from "./rows.ts";

/** Step types whose open row tells of no work at hand: they wait, or only hold others. */
export const idleTypes: ReadonlySet<string> = new Set(
  "delay wait_for approval lock conditional foreach parallel load_operation".split(" "),
);

/** The process died so often at the same attempt of a step that the step is taken for the cause. */
export const deathsAllowed = 3;

/**
 * Every `running` row belongs to a process that is gone. Deaths are counted while it was in the same boot and at the
 * same attempts of the same steps; a reboot, or a death while it only waited, is nobody's fault. Too many of them in a
 * forward step are a verdict that stays (`crash_loop`); from then on the deaths on the way back are counted.
 */
export function takeOver(db: Database, boot: string, tell: Tell): string[] {
  const left = db.query<OperationRow, []>("select * from operation where status = 'running' order by sequence").all();
  const update = db.query(
    "update operation set status = 'queued', reason = 'process_died', deaths = ?, death_of = ?, crash_loop = ? where id = ?",
  );
  for (const row of left) {
    const before = JSON.parse(row.owner ?? "{}") as Partial<Claimant>;
    const open = before.boot === boot ? workAtHand(db, row.id) : [];
    const at = open.length === 0 ? null : open.map(({ token }) => token).join(" ");
    const deaths = at === null ? 0 : at === row.death_of ? row.deaths + 1 : 1;
    const forward = open.findLast(({ phase }) => phase === "steps");
    const isVerdict = deaths >= deathsAllowed && row.crash_loop === null && forward !== undefined;
    update.run(isVerdict ? 0 : deaths, at, isVerdict ? forward.name : row.crash_loop, row.id);
    tell(row.id, { type: "operation-requeued", why: "process_died" });
  }
  return left.map(({ id }) => id);
}

/** Open steps that do something, oldest first. */
function workAtHand(db: Database, id: string) {
  return db
    .query<{ token: string; name: string; step_type: string; phase: StepPhase }, [string]>(
      "select token, name, step_type, phase from step where operation = ? and status = 'running' order by sequence",
    )
    .all(id)
    .filter(({ step_type }) => !idleTypes.has(step_type));
}
