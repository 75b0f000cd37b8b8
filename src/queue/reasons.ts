/** Why an operation waits, in words that are true when they are read. */
import type { Database } from "bun:sqlite";
import type { Bindings } from "../store/store.ts";
import aheadSql from "./ahead.sql" with { type: "text" };
import { anyHost, type InTheWay, openApart } from "./apart.ts";
import type { PauseRow } from "./requests.ts";
import type { OperationRow } from "./rows.ts";
import { type GroupLimit, inGroup, runningNow, split } from "./waiting.ts";

export type Surroundings = {
  groupLimit: GroupLimit;
  /** Operations that are run at once; 0 when no agent runs. */
  workers: number;
};

/** Null for an operation that does not wait. */
export function reasonOf(db: Database, row: OperationRow, { groupLimit, workers }: Surroundings): string | null {
  if (row.status !== "queued" || row.parent !== null) return null;
  const [kind, name] = split(row.waiting_for ?? "");
  if (kind === "lock") return lockReason(db, name, row.wake_at);
  if (kind === "time") return `not before ${iso(row.not_before ?? row.wake_at ?? 0)}`;
  if (kind === "remote")
    return `the remote can't be reached, and it has locks there; tried again at ${iso(row.wake_at ?? 0)}`;
  if (workers === 0)
    return row.started_at === null
      ? "no agent runs: garza agent"
      : "its process is gone, and no agent runs: garza agent";
  const inTheWay = openApart(db, null)?.(row);
  if (inTheWay && row.started_at !== null) return apartReason(inTheWay);
  if (row.started_at !== null) return "it is carried on next";
  const pause = pauseOf(db, "") ?? pauseOf(db, row.template);
  if (pause) return pauseReason(pause);
  const group = row.concurrency_group;
  if (kind === "group" && group !== null)
    return `${inGroup(db, group)} of ${groupLimit(group)} running in group ${group}`;
  if (inTheWay) return apartReason(inTheWay);
  const running = runningNow(db);
  const ahead = db.query<{ count: number }, Bindings>(aheadSql).get({ priority: row.priority, sequence: row.sequence });
  return `${running} of ${workers} workers busy, ${ahead?.count ?? 0} before it`;
}

function lockReason(db: Database, resource: string, until: number | null): string {
  const holder = db
    .query<{ operator: string; operation: string; held_since: number }, [string]>(
      "select operator, operation, held_since from lock where resource = ? and operation is not null",
    )
    .get(resource);
  const latest = until === null ? "" : `, until ${iso(until)}`;
  const away = db
    .query<{ record: string }, [string]>("select record from lease where resource = ? and status = 'away'")
    .get(resource);
  if (!holder && away) {
    const { by, host, acq } = JSON.parse(away.record) as { by: string; host: string; acq: string };
    return `waiting for lock ${resource}, held by ${by} on ${host} since ${iso(Date.parse(acq))}${latest}`;
  }
  if (!holder) return `waiting for lock ${resource}, which is free now`;
  const { operator, operation, held_since } = holder;
  return `waiting for lock ${resource}, held by ${operator} (${operation}) since ${iso(held_since)}${latest}`;
}

function apartReason({ how, host, id, name }: InTheWay): string {
  const where = host === anyHost ? "its hosts" : host;
  if (how === "beside") return `it has to be alone on ${where}, where ${name} (${id}) runs`;
  if (how === "alone") return `${name} (${id}) has to be alone on ${where}, and runs there`;
  return `${name} (${id}) is before it, and waits to be alone on ${where}`;
}

const pauseOf = (db: Database, template: string) =>
  db.query<PauseRow, [string]>("select * from pause where template = ?").get(template);

function pauseReason({ template, by, since, reason }: PauseRow): string {
  const what = template === "" ? "the queue is" : `${template} is`;
  const undo = template === "" ? "garza queue unpause" : `garza queue unpause ${template}`;
  return `${what} paused by ${by} since ${iso(since)}${reason ? ` (${reason})` : ""}: ${undo}`;
}

const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
