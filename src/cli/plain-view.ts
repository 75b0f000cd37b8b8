/** The view where there is no terminal: a line as things happen, none ever taken back. */
import { showSafe } from "../core/redact.ts";
import { aboutLines } from "./about-lines.ts";
import { marksFor } from "./marks.ts";
import { oneLine, plain } from "./output.ts";
import { keptChildren, type StepProgress, trackProgress } from "./progress.ts";
import { stepLine } from "./step-lines.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

export function openPlainView({ err, env, clock }: Pick<Terminal, "err" | "env" | "clock">, on = ""): View {
  const progress = trackProgress();
  const known = marksFor(env);
  const marks = { ...known, spinner: [known.running] };
  const look = () => ({ paint: plain, marks, width: Number.POSITIVE_INFINITY, now: clock.now(), frame: 0 });
  const write = (lines: string[]) => {
    if (lines.length > 0) err.write(`${lines.join("\n")}\n`);
  };
  const why = (step: StepProgress) =>
    (step.error ?? "")
      .split("\n")
      .filter(Boolean)
      .map((line) => `${"  ".repeat(step.depth + 1)}${oneLine(line)}`);

  return {
    event(event) {
      const step = progress.apply(event);
      if (!step) return write(aboutLines(event, progress, { paint: plain, marks, on }));
      if (event.type === "step-said" || event.type === "step-retrying") {
        return write([`${"  ".repeat(step.depth + 1)}${oneLine(step.said ?? "")}`]);
      }
      if (isOneOfMany(step)) return;
      if (event.type === "step-started")
        return write([`${"  ".repeat(step.depth)}${marks.running} ${oneLine(step.label)}`]);
      write([stepLine(step, look()), ...(step.status === "failed" ? why(step) : [])]);
    },
    line(operation, key, text) {
      const step = progress.step(operation, key);
      if (step && !isOneOfMany(step)) write([`${"  ".repeat(step.depth + 1)}${marks.bar} ${oneLine(text)}`]);
    },
    drained: () => err.drained(),
    note: (text) => write([showSafe(text)]),
    paused: (question) => question(),
    close() {},
  };
}

/** A long loop's steps are counted in its own line; after the first ones only failures are told. */
function isOneOfMany(step: StepProgress): boolean {
  if (step.status === "failed" || step.parent === null) return false;
  const { counts } = step.parent;
  return counts.success + counts.skipped > keptChildren || isOneOfMany(step.parent);
}
