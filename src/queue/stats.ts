import type { Database } from "bun:sqlite";
import type { OperationStatus } from "../core/events.ts";
import type { PauseRow } from "./requests.ts";

/** Counts of operations, without those that run within others. */
export type Stats = Record<OperationStatus, number> & {
  /** Of the queued ones: those that wait for a lock, a place in their group, a time, an unpause. */
  waiting: number;
  max_concurrent: number;
  /** Operations that are run at once now; 0 when no agent runs. */
  workers: number;
  /** Null when nothing is queued. */
  oldest_queued_ms: number | null;
  /** `template` null: the whole queue. */
  paused: { template: string | null; by: string; since: number; reason: string | null }[];
};

export function statsOf(
  db: Database,
  { maxConcurrent, workers, now }: { maxConcurrent: number; workers: number; now: number },
): Stats {
  const counts = { queued: 0, running: 0, success: 0, failed: 0, cancelled: 0, interrupted: 0 };
  for (const { status, count } of db
    .query<{ status: OperationStatus; count: number }, []>(
      "select status, count(*) as count from operation group by status",
    )
    .all())
    counts[status] = count;
  const nested = db
    .query<{ status: OperationStatus; count: number }, []>(
      "select status, count(*) as count from operation indexed by operation_parent where parent is not null group by status",
    )
    .all();
  for (const { status, count } of nested) counts[status] -= count;
  const one = <Row>(sql: string) => db.query<Row, []>(sql).get();
  const waiting = one<{ count: number }>(
    "select count(*) as count from operation indexed by operation_waiting where status = 'queued' and waiting_for is not null and parent is null",
  );
  const oldest = one<{ at: number | null }>(
    "select queued_at as at from operation where status = 'queued' and parent is null order by sequence limit 1",
  );
  const pauses = db.query<PauseRow, []>("select * from pause order by template").all();
  return {
    ...counts,
    waiting: waiting?.count ?? 0,
    max_concurrent: maxConcurrent,
    workers,
    oldest_queued_ms: oldest?.at == null ? null : Math.max(0, now - oldest.at),
    paused: pauses.map((pause) => ({ ...pause, template: pause.template || null })),
  };
}
