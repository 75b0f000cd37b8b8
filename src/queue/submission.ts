/** J0: what is written when an operation is accepted. */
import type { Database } from "bun:sqlite";
import { problem } from "../core/problem.ts";
import type { Bindings } from "../store/store.ts";
import type { Tell } from "./event-log.ts";
import type { OperationRow } from "./rows.ts";
import submitSql from "./submit.sql" with { type: "text" };
import { isPaused } from "./waiting.ts";

export type Submission = Pick<
  OperationRow,
  | "id"
  | "template"
  | "name"
  | "type"
  | "template_text"
  | "template_hash"
  | "attached"
  | "parameters"
  | "target"
  | "concurrency_group"
  | "exclusive"
  | "hosts"
  | "timeout"
  | "parent"
  | "parent_step"
  | "retry_of"
  | "rollback_of"
  | "idempotency_key"
  | "asked_by"
  | "priority"
  | "not_before"
  | "not_after"
>;

const keyKeptMs = 7 * 24 * 3600 * 1000;

/** Inside a transaction. Throws `key-used` when the key belongs to another request. */
export function insert(db: Database, submission: Submission, now: number, tell: Tell): { id: string; isNew: boolean } {
  const earlier = withKey(db, submission, now);
  if (earlier) return { id: earlier.id, isNew: false };
  const { id, template, priority, not_before, parent } = submission;
  const early = not_before !== null && not_before > now;
  const paused = parent === null && isPaused(db, template);
  const waiting_for = early ? "time" : paused ? `pause:${template}` : null;
  const row = { ...submission, waiting_for, wake_at: early ? not_before : null, queued_at: now };
  db.query<never, Bindings>(submitSql).run(row);
  tell(id, { type: "operation-queued", template, priority });
  return { id, isNew: true };
}

function withKey(db: Database, submission: Submission, now: number): OperationRow | null {
  const { idempotency_key: key, template_hash, parameters } = submission;
  if (key === null) return null;
  const row = db.query<OperationRow, [string]>("select * from operation where idempotency_key = ?").get(key);
  if (!row) return null;
  if (row.ended_at !== null && row.queued_at < now - keyKeptMs) {
    db.query("update operation set idempotency_key = null where id = ?").run(row.id);
    return null;
  }
  if (row.template_hash !== template_hash || row.parameters !== parameters) {
    throw problem({ kind: "key-used", key, operation: row.id });
  }
  return row;
}
