/** Operations as cells of a table. */
import type { OperationDocument } from "../api/reader.ts";
import type { OperationStatus } from "../core/events.ts";
import { toText } from "../core/value.ts";
import type { OperationRow } from "../queue/rows.ts";
import { duration, oneLine, type Paint, paintStatus, time } from "./output.ts";

/** `isAlive`: the process that runs it is there. */
export function operationCells(row: OperationRow, now: number, paint: Paint, isAlive = true): string[] {
  const { id, status, queued_at, started_at, ended_at, template, failed_step } = row;
  const lasts = (status === "running" && isAlive) || ended_at !== null;
  return [
    id,
    time(queued_at),
    isAlive ? paintStatus(paint, status) : paint.odd("died"),
    lasts && started_at !== null ? duration((ended_at ?? now) - started_at) : "",
    oneLine(template),
    failed_step ? `in ${oneLine(failed_step)}` : "",
  ];
}

/** Id, status, priority, how long it has been in the queue, template, why it waits. */
export function queueCells(operation: OperationDocument, now: number, paint: Paint, isAlive = true): string[] {
  const { id, status, priority, queued_at, template, waiting, failed_step } = operation;
  const why = waiting ? toText(waiting) : failed_step ? `in ${toText(failed_step)}` : "";
  return [
    id,
    isAlive ? paintStatus(paint, status as OperationStatus) : paint.odd("died"),
    `priority ${toText(priority)}`,
    `${duration(now - Number(queued_at))} ago`,
    oneLine(toText(template)),
    oneLine(why),
  ];
}
