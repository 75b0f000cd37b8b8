import { fit } from "./fit.ts";
import { duration } from "./output.ts";
import type { Progress } from "./progress.ts";
import { type Look, runningLines } from "./step-lines.ts";

/** The moving part of the screen: the steps that run, then one line on the whole. At most `rows` lines. */
export function liveFrame(progress: Progress, look: Look, rows: number): string[] {
  const top = [...progress.running].filter(({ parent }) => parent === null);
  const steps = top.flatMap((step) => runningLines(step, look));
  return [...shorten(steps, Math.max(1, rows - 1), look), footer(progress, look)];
}

/** The first lines tell where it is, the last ones what happens now: the middle goes. */
function shorten(lines: string[], most: number, look: Look): string[] {
  if (lines.length <= most) return lines;
  const head = Math.ceil((most - 1) / 2);
  const tail = most - 1 - head;
  const hidden = lines.length - head - tail;
  const gap = fit(
    [{ text: `  ${look.marks.more} ${hidden} more lines`, paint: look.paint.faint }],
    look.width,
    look.marks.more,
  );
  return [...lines.slice(0, head), gap, ...lines.slice(lines.length - tail)];
}

function footer({ operation, startedAt, done, isCancelled }: Progress, look: Look): string {
  const hint = isCancelled ? "Ctrl-C leaves at once" : "Ctrl-C cancels";
  const spent =
    startedAt === null
      ? ""
      : `${done} ${done === 1 ? "step" : "steps"} done, ${duration(Math.floor((look.now - startedAt) / 100) * 100)}`;
  const text = [operation, spent, hint].filter(Boolean).join("  ");
  return fit([{ text, paint: look.paint.faint }], look.width, look.marks.more);
}
