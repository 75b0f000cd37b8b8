import { type Problem, problem } from "../core/problem.ts";
import type { Outcome } from "../engine/execute.ts";
import type { OperationRow } from "../queue/rows.ts";

/** The outcome of an operation that has ended already. Throws `operation-unknown`, and `busy` when it has not. */
export function outcomeOf(row: OperationRow | null, id: string): Outcome {
  if (!row) throw problem({ kind: "operation-unknown", id });
  const { status, reason, error, failed_step, rollback, attention } = row;
  if (status === "queued" || status === "running" || status === "interrupted") {
    throw problem({ kind: "busy", what: `operation ${id} is ${status}`, next: `Look: garza status ${id}` });
  }
  const duration_ms = (row.ended_at ?? 0) - (row.started_at ?? 0);
  const ended = { id, status, reason, error, failed_step, rollback, attention, duration_ms, bug: undefined };
  return { ...ended, problem: problemOf(row) };
}

function problemOf({ status, error, failed_step, cancel_by }: OperationRow): Problem | null {
  if (status === "success") return null;
  if (status === "cancelled") return { kind: "cancelled", by: cancel_by ?? "a person" };
  return { kind: "step-failed", step: failed_step ?? "", message: error ?? "" };
}
