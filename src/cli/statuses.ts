import type { OperationStatus } from "../core/events.ts";
import { didYouMean } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";

export const statuses: readonly OperationStatus[] = [
  "queued",
  "running",
  "success",
  "failed",
  "cancelled",
  "interrupted",
];

/** `typed` as it was typed: `--status sucess`. Throws `usage`. */
export function readStatus(text: string | undefined, typed: (text: string) => string): OperationStatus | undefined {
  const status = statuses.find((known) => known === text);
  if (text === undefined || status) return status;
  const message = `${typed(text)} is none of ${statuses.join(", ")}.${didYouMean(text, statuses)}`;
  throw problem({ kind: "usage", message });
}

/** Throws `usage`. */
export function readLimit(text = "20"): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw problem({ kind: "usage", message: `--limit ${text} is not a number from 1 to 999999` });
}
