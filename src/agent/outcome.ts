import { type Problem, problem } from "../core/problem.ts";
import type { Outcome } from "../engine/execute.ts";
import type { OperationRow } from "../queue/rows.ts";

export type EndedRow = Pick<
  OperationRow,
  | "id"
  | "status"
  | "reason"
  | "error"
  | "failed_step"
  | "rollback"
  | "attention"
  | "cancel_by"
  | "started_at"
  | "ended_at"
>;

/** How an operation that has ended (or was interrupted) ended. Throws `busy` when it has not. */
export function outcomeOf(row: EndedRow): Outcome {
  const { id, status, reason, error, failed_step, rollback, attention } = row;
  if (status === "queued" || status === "running") {
    throw problem({ kind: "busy", what: `operation ${id} is ${status}`, next: `Look: garza status ${id}` });
  }
  const duration_ms = Math.max(0, (row.ended_at ?? 0) - (row.started_at ?? row.ended_at ?? 0));
  const ended = { id, status, reason, error, failed_step, rollback, attention, duration_ms, bug: undefined };
  return { ...ended, problem: problemOf(row) };
}

function problemOf({ id, status, reason, error, failed_step, cancel_by }: EndedRow): Problem | null {
  if (status === "success") return null;
  if (status === "cancelled") return { kind: "cancelled", by: cancel_by ?? "a person" };
  if (status === "interrupted") return { kind: "interrupted", operation: id, step: failed_step ?? "" };
  if (reason === "prerequisite") return { kind: "prerequisite-failed", failures: [{ check: error ?? "", why: "" }] };
  return { kind: "step-failed", step: failed_step ?? "", message: error ?? "" };
}
