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
import type { OperationRow, StepRow } from "./rows.ts";

export type HistoryFilter = {
  status?: OperationStatus;
  template?: string;
  /** Operations before this sequence number (for the next page). */
  before?: number;
  limit: number;
};

export type History = {
  /** By id or by the end of an id that names only one. Throws `operation-unknown`. */
  operation(id: string): OperationRow;
  /** Newest first, nested operations left out. */
  list(filter: HistoryFilter): OperationRow[];
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
    operation(id) {
      const found = rows<OperationRow>("select * from operation where id = ?1 or id like '%' || ?1 limit 3", id);
      const exact = found.find((row) => row.id === id) ?? (found.length === 1 ? found[0] : undefined);
      if (!exact || !/^\w+$/.test(id)) throw problem({ kind: "operation-unknown", id });
      return exact;
    },
    list: ({ status, template, before, limit }) =>
      db
        .query<OperationRow, Record<string, string | number | null>>(listSql)
        .all({ status: status ?? null, template: template ?? null, before: before ?? null, limit }),
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
