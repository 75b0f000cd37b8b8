/** Operations as cells of a table, and what of them goes where there is little room. */
import type { OperationDocument } from "../api/reader.ts";
import type { OperationStatus } from "../core/events.ts";
import { toText } from "../core/value.ts";
import type { OperationRow } from "../queue/rows.ts";
import { marksFor } from "./marks.ts";
import { duration, oneLine, type Paint, paintFor, paintStatus, time, widthOf } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export type RowLook = {
  paint: Paint;
  now: number;
  /** Columns; infinite where a program reads. */
  width: number;
  /** Stands where a line was cut. */
  more: string;
};

export const lookOf = ({ out, env, clock }: Pick<Terminal, "out" | "env" | "clock">): RowLook => ({
  paint: paintFor(out, env),
  now: clock.now(),
  width: widthOf(out),
  more: marksFor(env).more,
});

export const isNarrow = ({ width }: Pick<RowLook, "width">) => width < 76;

/** The time goes first: they are in its order. */
export function fittedCells(row: OperationRow, look: RowLook, isAlive = true): string[] {
  const [id = "", at = "", ...cells] = operationCells(row, look.now, look.paint, isAlive);
  if (look.width >= 100) return [id, at, ...cells];
  return isNarrow(look) ? [id, ...cells] : [id, shortTime(row.queued_at, look.now), ...cells];
}

/** `isAlive`: the process that runs it is there. */
function operationCells(row: OperationRow, now: number, paint: Paint, isAlive = true): string[] {
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

/** `17:04:05Z` of the same day, else `2026-11-22`. */
function shortTime(at: number, now: number): string {
  const [day = "", clock = ""] = time(at).split(" ");
  return time(now).startsWith(day) ? clock : day;
}

/** Each line as long as the terminal is wide. */
export const cutLines = (text: string, { width, more }: Pick<RowLook, "width" | "more">): string =>
  Number.isFinite(width)
    ? text
        .split("\n")
        .map((line) => Bun.sliceAnsi(line, 0, width, more))
        .join("\n")
    : text;

/** Id, status, priority, how long it has been in the queue, template, why it waits. */
export function queueCells(operation: OperationDocument, look: RowLook, isAlive = true): string[] {
  const { paint, now } = look;
  const { id, status, priority, queued_at, template, waiting, failed_step } = operation;
  const why = waiting ? toText(waiting) : failed_step ? `in ${toText(failed_step)}` : "";
  return [
    id,
    isAlive ? paintStatus(paint, status as OperationStatus) : paint.odd("died"),
    ...(isNarrow(look) ? [] : [`priority ${toText(priority)}`]),
    `${duration(now - Number(queued_at))} ago`,
    oneLine(toText(template)),
    oneLine(why),
  ];
}
