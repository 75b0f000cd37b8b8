/** A step as lines of text: one for itself, then what it printed or why it failed, then its nested steps. */
import { fit, type Piece } from "./fit.ts";
import type { Marks } from "./marks.ts";
import { duration, oneLine, type Paint } from "./output.ts";
import { keptChildren, type StepProgress } from "./progress.ts";

export type Look = { paint: Paint; marks: Marks; width: number; now: number; frame: number };

/** A step that has ended, with the nested steps worth naming: all where they are few, else those that failed. */
export function endedLines(step: StepProgress, look: Look): string[] {
  const isBad = ({ status }: StepProgress) => status === "failed" || status === "unknown";
  const named = endedCount(step) > keptChildren ? step.children.filter(isBad) : step.children;
  const silent = step.counts.failed + step.counts.unknown - step.children.filter(isBad).length;
  return [
    stepLine(step, look),
    ...(step.status === "failed" && !step.children.some(isBad) ? whyLines(step, look) : []),
    ...named.flatMap((child) => endedLines(child, look)),
    ...(silent > 0
      ? [within(step, { text: `${look.marks.more} and ${silent} more`, paint: look.paint.faint }, look)]
      : []),
  ];
}

const endedCount = ({ counts: { success, failed, skipped, unknown } }: StepProgress) =>
  success + failed + skipped + unknown;

/** A step that runs, with its last output and the nested steps that run now. */
export function runningLines(step: StepProgress, look: Look): string[] {
  const nested = step.children.filter(({ status }) => status === "running");
  return [
    stepLine(step, look),
    ...(nested.length === 0 ? step.tail.map((text) => outputLine(step, text, look)) : []),
    ...nested.flatMap((child) => runningLines(child, look)),
  ];
}

/** `✓ [3] check  1.2 s  40 done, 2 failed`. */
export function stepLine(step: StepProgress, look: Look): string {
  const { paint, marks } = look;
  const pieces: Piece[] = [{ text: indent(step.depth) }, mark(step, look), { text: ` ${oneLine(step.label)}` }];
  // Tenths are all that an eye can follow.
  const spent = step.status === "running" ? Math.floor((look.now - step.startedAt) / 100) * 100 : step.durationMs;
  if (spent !== null && step.status !== "skipped") pieces.push({ text: `  ${duration(spent)}`, paint: paint.faint });
  if (step.attempt > 1) pieces.push({ text: `  attempt ${step.attempt}`, paint: paint.odd });
  const note = noteOf(step);
  if (note !== "") pieces.push({ text: `  ${note}`, paint: paint.faint });
  return fit(pieces, look.width, marks.more);
}

function mark({ status }: StepProgress, { paint, marks, frame }: Look): Piece {
  if (status === "running") return { text: marks.spinner[frame % marks.spinner.length] ?? "", paint: paint.strong };
  const paints = { success: paint.good, failed: paint.bad, skipped: paint.faint, unknown: paint.odd };
  return { text: marks[status], paint: paints[status] };
}

function noteOf(step: StepProgress): string {
  if (step.status === "skipped") return `skipped${step.error ? `: ${oneLine(step.error)}` : ""}`;
  if (step.status === "unknown") return "nobody can tell how it ended";
  const counted = countsOf(step);
  if (step.type === "foreach" && counted) return counted;
  return step.status === "running" && step.said ? oneLine(step.said) : "";
}

const countsOf = ({ counts }: StepProgress) =>
  [
    counts.success > 0 && `${counts.success} ${counts.success === 1 ? "step" : "steps"} done`,
    counts.failed > 0 && `${counts.failed} failed`,
    counts.skipped > 0 && `${counts.skipped} skipped`,
    counts.unknown > 0 && `${counts.unknown} unknown`,
  ]
    .filter(Boolean)
    .join(", ");

function whyLines(step: StepProgress, look: Look): string[] {
  const why = (step.error ?? "").split("\n").filter((line) => line.trim() !== "");
  const said = why.map((line) => within(step, { text: oneLine(line), paint: look.paint.bad }, look));
  // An error often ends with what the step printed last.
  const printed = step.tail.filter((text) => !why.includes(text));
  return [...said, ...printed.map((text) => outputLine(step, text, look))];
}

function outputLine(step: StepProgress, text: string, look: Look): string {
  return within(step, { text: `${look.marks.bar} ${oneLine(text)}`, paint: look.paint.faint }, look);
}

const within = (step: StepProgress, piece: Piece, look: Look) =>
  fit([{ text: indent(step.depth + 1) }, piece], look.width, look.marks.more);

const indent = (depth: number) => "  ".repeat(depth);
