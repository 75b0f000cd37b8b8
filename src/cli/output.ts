/** How things look: tables, colours, times. Everything here returns text; a command writes it. */
import type { OperationStatus, StepStatus } from "../core/events.ts";
import type { Env } from "../core/places.ts";
import { showSafe } from "../core/redact.ts";
import type { Sink } from "./terminal.ts";

export type Paint = {
  good(text: string): string;
  bad(text: string): string;
  odd(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
};

/** Colours only on a terminal, and not with NO_COLOR or on a dumb one. */
export function paintFor(sink: Pick<Sink, "isTerminal">, env: Env): Paint {
  const colour = sink.isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  const style = (code: number, end: number) => (text: string) =>
    colour && text !== "" ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return { good: style(32, 39), bad: style(31, 39), odd: style(33, 39), faint: style(2, 22), strong: style(1, 22) };
}

export const plain: Paint = paintFor({ isTerminal: false }, {});

export function paintStatus(paint: Paint, status: OperationStatus | StepStatus): string {
  if (status === "success") return paint.good(status);
  if (status === "failed") return paint.bad(status);
  if (status === "interrupted" || status === "unknown" || status === "cancelled") return paint.odd(status);
  return status === "skipped" || status === "queued" ? paint.faint(status) : status;
}

/** Columns wide enough for their widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, Bun.stringWidth(cell));
  }
  const pad = (cell: string, column: number, row: readonly string[]) =>
    column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - Bun.stringWidth(cell));
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Columns of what a person sees; infinite where what is written is read by a program. */
export const widthOf = (sink: Pick<Sink, "isTerminal" | "columns">) =>
  sink.isTerminal ? Math.max(20, sink.columns()) : Number.POSITIVE_INFINITY;

/** One document, indented. */
export const json = (document: unknown) => `${escapeJson(JSON.stringify(document, null, 2))}\n`;

/** One document a line, for what follows. */
export const jsonLine = (document: unknown) => `${escapeJson(JSON.stringify(document))}\n`;

/** JSON itself escapes only some of the characters that steer a terminal. */
export const escapeJson = (text: string) =>
  text.replace(
    /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** `2026-11-22 17:04:05Z`. */
export const time = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`;

/** `40 ms`, `1.3 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

/** Text from outside as one line that can't steer the terminal. */
export const oneLine = (text: string) =>
  showSafe(text)
    .replace(/\s*[\r\n]+\s*/g, " ")
    .trim();
