import type { Database } from "bun:sqlite";
import type { Bindings } from "../store/store.ts";
import prunableSql from "./prunable.sql" with { type: "text" };

/** At a time, so that nobody waits for it. */
const atOnce = 100;

/** Forgets operations that ended before `since`, or that `count` younger ones have followed. */
export function prune(db: Database, { since, count }: { since: number; count: number }): string[] {
  const ids = db
    .query<{ id: string }, Bindings>(prunableSql)
    .all({ since, count, limit: atOnce })
    .map(({ id }) => id);
  if (ids.length === 0) return [];
  const list = JSON.stringify(ids);
  for (const table of ["step", "event", "owed"]) {
    db.query(`delete from ${table} where operation in (select value from json_each(?))`).run(list);
  }
  // In one statement: nested operations refer to their parents.
  db.query("delete from operation where id in (select value from json_each(?))").run(list);
  return ids;
}
