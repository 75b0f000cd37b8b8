/** How an operation ended, and what to do next. */
import type { EventBody } from "../core/events.ts";
import { showSafe } from "../core/redact.ts";
import type { Marks } from "./marks.ts";
import { duration, oneLine, type Paint, table } from "./output.ts";

export type End = Extract<EventBody, { type: "operation-ended" }> & { id: string; template: string };

/** `on`: of another host, ` --on web1`. */
export function summaryLines(end: End, { paint, marks, on }: { paint: Paint; marks: Marks; on: string }): string[] {
  const next = nextSteps(end).map(([what, command]) => [what, `${command}${on}`] as const);
  const why =
    end.status === "success" || !end.error
      ? []
      : showSafe(end.error)
          .split("\n")
          .map((line) => `  ${line}`);
  return [
    headline(end, paint, marks),
    ...why,
    ...(end.attention ? [paint.odd(`  needs attention: ${oneLine(end.attention)}`)] : []),
    ...(next.length > 0 ? table(next.map(([what, command]) => [`  ${what}`, command])).split("\n") : []),
  ];
}

function headline(end: End, paint: Paint, marks: Marks): string {
  const name = oneLine(end.template);
  const spent = duration(end.duration_ms);
  const step = end.failed_step ? ` in step ${oneLine(end.failed_step)}` : "";
  if (end.status === "success")
    return `${paint.good(marks.success)} ${name} succeeded in ${spent}  ${paint.faint(end.id)}`;
  if (end.status === "cancelled")
    return `${paint.odd(marks.failed)} ${name} was cancelled${step} after ${spent}${undone(end)}`;
  if (end.status === "interrupted") return `${paint.odd(marks.unknown)} ${name} was interrupted${step}`;
  return `${paint.bad(marks.failed)} ${name} failed${step} after ${spent}${undone(end)}`;
}

function undone({ rollback }: End): string {
  if (rollback === "none") return "";
  return rollback === "done" ? ", rolled back" : ", and its rollback failed";
}

/** What to type now, most useful first. */
export function nextSteps({ status, id, failed_step: step, reason, attention }: End): [string, string][] {
  const look: [string, string] = ["details:", `garza status ${id}`];
  if (status === "success") return attention ? [look] : [];
  if (reason === "prerequisite") return [look];
  if (status === "interrupted") return [look, ["carry on:", `garza queue resume ${id}`]];
  const output: [string, string] = ["output:", `garza logs ${id}${step ? ` --step ${quoted(step)}` : ""}`];
  return [look, output];
}

/** A word for `sh`. */
export const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${oneLine(word).replaceAll("'", "'\\''")}'`;
