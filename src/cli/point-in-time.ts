import { parseDuration } from "../core/duration.ts";
import { problem } from "../core/problem.ts";

/** `not_before` and `not_after` of a submission, in milliseconds since 1970. */
export type Times = { notBefore?: number; notAfter?: number };

/** Each is ISO 8601 with its zone, or a duration from now: `30m`. Throws `usage`, also for a time that never comes. */
export function readTimes(notBefore: string | undefined, notAfter: string | undefined, now: number): Times {
  const times = {
    ...(notBefore !== undefined && { notBefore: readTime(notBefore, now) }),
    ...(notAfter !== undefined && { notAfter: readTime(notAfter, now) }),
  };
  if (times.notAfter !== undefined && times.notAfter <= Math.max(now, times.notBefore ?? 0))
    throw refuse(`${notAfter} is over before it could begin`);
  return times;
}

/** ISO 8601 with its zone, or a duration before now: `2h`. Throws `usage`. */
export const readPast = (text: string, now: number): number => readTime(text, now, "before");

function readTime(text: string, now: number, side: "from" | "before" = "from"): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return side === "from" ? now + ms : now - ms;
  const [, day] = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const at = Date.parse(text);
  // The 30th of February is read as the 2nd of March.
  if (day !== undefined && !Number.isNaN(at) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)) return at;
  throw refuse(
    `${JSON.stringify(text)} is neither a time like 2030-01-31T12:00:00Z nor a duration ${side} now like 30m`,
  );
}

const refuse = (message: string) => problem({ kind: "usage", message });
