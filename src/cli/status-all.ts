/** `garza status`: what runs now, what needs a person, and how the last operations ended. */
import type { History } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";
import { oneLine, type Paint, table } from "./output.ts";
import { operationCells, operationDocument } from "./rows.ts";

export type Overview = {
  running: OperationRow[];
  /** Waiting for a process that runs them. */
  queued: OperationRow[];
  attention: { operation: OperationRow; why: string }[];
  last: OperationRow[];
};

/** How far back an ended operation is looked at for what it still needs. */
const lookBack = 200;

export function overview(history: History): Overview {
  const rows = history.list({ limit: lookBack });
  const running = history.list({ status: "running", limit: lookBack });
  const alive = running.filter(({ id }) => history.evidence(id).alive);
  const dead = running.filter((row) => !alive.includes(row));
  const interrupted = history.list({ status: "interrupted", limit: lookBack });
  const others = rows.filter(
    ({ status, attention }) => attention !== null && status !== "running" && status !== "interrupted",
  );
  return {
    running: alive,
    queued: history.list({ status: "queued", limit: lookBack }),
    attention: [
      ...dead.map((operation) => ({ operation, why: "the process that ran it is gone" })),
      ...[...interrupted, ...others].map((operation) => ({
        operation,
        why: operation.attention ?? operation.error ?? operation.status,
      })),
    ],
    last: rows.filter(({ ended_at }) => ended_at !== null).slice(0, 10),
  };
}

export function overviewText({ running, queued, attention, last }: Overview, paint: Paint, now: number): string {
  const rows = (operations: OperationRow[]) => indent(table(operations.map((row) => operationCells(row, now, paint))));
  const sections = [
    running.length > 0 && `${paint.strong("Running")}\n${rows(running)}`,
    queued.length > 0 && `${paint.strong("Queued")} (no process runs them now)\n${rows(queued)}`,
    attention.length > 0 &&
      `${paint.odd("Needs attention")}\n${attention.map((each) => needs(each, paint, now)).join("\n")}`,
    last.length > 0 && `${paint.strong("Ended")}\n${rows(last)}`,
  ].filter((section) => section !== false);
  return `${sections.join("\n\n") || "Nothing has run here yet. Try: garza run demo/hello"}\n`;
}

export function overviewDocument({ running, queued, attention, last }: Overview) {
  return {
    running: running.map(operationDocument),
    queued: queued.map(operationDocument),
    attention: attention.map(({ operation, why }) => ({ ...operationDocument(operation), why, look: look(operation) })),
    ended: last.map(operationDocument),
  };
}

const look = ({ id }: OperationRow) => `garza status ${id}`;

function needs({ operation, why }: Overview["attention"][number], paint: Paint, now: number): string {
  return `${indent(operationCells(operation, now, paint).filter(Boolean).join("  "))}\n    ${oneLine(why)}\n    ${look(operation)}`;
}

const indent = (text: string) => text.replace(/^/gm, "  ");
