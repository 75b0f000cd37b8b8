/** What has run and what became of it: read-only, beside whoever owns the data folder. */
import type { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Places } from "../core/config.ts";
import { refuseOtherRoot } from "../core/data-folder.ts";
import type { EventBody, OperationEvent, OperationStatus } from "../core/events.ts";
import { problem } from "../core/problem.ts";
import { openReadOnly } from "../store/store.ts";
import { evidenceOf, type OperationEvidence } from "./evidence.ts";
import listSql from "./list.sql" with { type: "text" };
import listStatusSql from "./list-status.sql" with { type: "text" };
import queuedSql from "./queued.sql" with { type: "text" };
import { reasonOf, type Surroundings } from "./reasons.ts";
import type { OperationRow, StepRow } from "./rows.ts";
import { type Stats, statsOf } from "./stats.ts";

export type HistoryFilter = {
  status?: OperationStatus;
  template?: string;
  /** Operations before this sequence number (for the next page). */
  before?: number;
  limit: number;
};

export type History = {
  /** What it reads, for who knows more of it. */
  database: Database;
  /** By id or by the end of an id that names only one. Throws `operation-unknown`. */
  operation(id: string): OperationRow;
  /** Newest first, nested operations left out. */
  list(filter: HistoryFilter): OperationRow[];
  /** What waits, in the order in which it will run. `after`: the last one of the page before. */
  queued(page: {
    template?: string;
    limit: number;
    after?: Pick<OperationRow, "priority" | "sequence">;
  }): OperationRow[];
  stats(of: { maxConcurrent: number; workers: number; now: number }): Stats;
  /** Why it waits, in words; null when it does not. */
  waiting(operation: OperationRow, surroundings: Surroundings): string | null;
  /** Every attempt of every step, in the order they started. */
  steps(id: string): StepRow[];
  events(id: string, after?: number): OperationEvent[];
  children(id: string): OperationRow[];
  /** What is known of a running or interrupted operation besides its rows. */
  evidence(id: string): OperationEvidence;
  close(): void;
};

/** Null when nothing has run yet. Throws `configuration` for the data folder of another root. */
export function openHistory(places: Places): History | null {
  refuseOtherRoot(places);
  const db = openReadOnly(join(places.data, "garza.db"));
  return db && readHistory(db, places);
}

export function readHistory(db: Database, places: Places): History {
  const rows = <Row>(sql: string, ...values: (string | number)[]) =>
    db.query<Row, (string | number)[]>(sql).all(...values);
  const history: History = {
    database: db,
    operation(id) {
      const [whole] = rows<OperationRow>("select * from operation where id = ?", id);
      const found = whole ? [whole] : rows<OperationRow>("select * from operation where id like '%' || ? limit 2", id);
      const exact = found.length === 1 ? found[0] : undefined;
      if (!exact || !/^\w+$/.test(id)) throw problem({ kind: "operation-unknown", id });
      return exact;
    },
    list: ({ status, template, before, limit }) =>
      db
        .query<OperationRow, Record<string, string | number | null>>(status ? listStatusSql : listSql)
        .all({ ...(status && { status }), template: template ?? null, before: before ?? null, limit }),
    queued: ({ template, limit, after }) =>
      db
        .query<OperationRow, Record<string, string | number | null>>(queuedSql)
        .all({ template: template ?? null, limit, priority: after?.priority ?? 10, sequence: after?.sequence ?? 0 }),
    stats: (of) => statsOf(db, of),
    waiting: (row, surroundings) => reasonOf(db, row, surroundings),
    steps: (id) => rows<StepRow>("select * from step where operation = ? order by sequence", id),
    events: (id, after = 0) =>
      rows<{ operation: string; sequence: number; at: number; body: string }>(
        "select * from event where operation = ? and sequence > ? order by sequence",
        id,
        after,
      ).map(({ body, ...place }) => ({ ...(JSON.parse(body) as EventBody), ...place }) as OperationEvent),
    children: (id) => rows<OperationRow>("select * from operation where parent = ? order by sequence", id),
    evidence: (id) => evidenceOf(places, history.operation(id), history.steps(id)),
    close: () => db.close(),
  };
  return history;
}
