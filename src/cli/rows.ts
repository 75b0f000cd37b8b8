/** Rows of the journal as documents (for --json) and as cells of a table. */
import type { Mapping } from "../core/value.ts";
import type { OperationRow, StepRow } from "../queue/rows.ts";
import { duration, oneLine, type Paint, paintStatus, time } from "./output.ts";

/** Without the template's text; JSON columns as values. */
export function operationDocument({ template_text, attached, parameters, owner, ...row }: OperationRow): Mapping {
  return { ...row, parameters: JSON.parse(parameters), owner: owner === null ? null : JSON.parse(owner) };
}

export function stepDocument({ intent, handle, result, token, ...row }: StepRow): Mapping {
  const parsed = (text: string | null) => (text === null ? null : JSON.parse(text));
  return { ...row, intent: parsed(intent), handle: parsed(handle), result: parsed(result) };
}

/** `isAlive`: the process that runs it is there. */
export function operationCells(row: OperationRow, now: number, paint: Paint, isAlive = true): string[] {
  const spent = row.started_at === null ? "" : duration((row.ended_at ?? now) - row.started_at);
  return [
    row.id,
    time(row.queued_at),
    isAlive ? paintStatus(paint, row.status) : paint.odd("died"),
    row.status === "interrupted" ? "" : spent,
    oneLine(row.template),
    row.failed_step ? `in ${oneLine(row.failed_step)}` : "",
  ];
}
