/**
 * The view on a terminal. Steps that have ended scroll by as ordinary lines; only what runs is redrawn
 * below them. The cursor is never hidden, so that no way of dying can leave it so.
 */
import { showSafe } from "../core/redact.ts";
import { aboutLines } from "./about-lines.ts";
import { liveFrame } from "./live-frame.ts";
import { type Marks, marksFor } from "./marks.ts";
import { type Paint, paintFor } from "./output.ts";
import { trackProgress } from "./progress.ts";
import { openScreen } from "./screen.ts";
import { endedLines, type Look } from "./step-lines.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

/** Often enough that a step's line is seen at once, seldom enough to cost nothing. */
const frameMs = 80;

/** Some of what has ended stays in sight, and a screen that is made lower loses little of the frame. */
const frameRows = (rows: number) => Math.min(rows - 1, Math.max(8, Math.floor((rows * 2) / 3)));

export function openLiveView({ err, env, clock }: Terminal, on = ""): View {
  const progress = trackProgress();
  const paint: Paint = paintFor(err, env);
  const marks: Marks = marksFor(env);
  const end = new AbortController();
  let frame = 0;
  let resting = false;

  const look = (): Look => ({ paint, marks, width: Math.max(1, err.columns() - 1), now: clock.now(), frame });
  const keep = (lines: string[]) => {
    if (lines.length === 0 || end.signal.aborted) return;
    screen.erase();
    err.write(`${lines.join("\n")}\n`);
    redraw();
  };
  const redraw = () => {
    if (resting || progress.operation === null) return;
    screen.draw(liveFrame(progress, look(), frameRows(err.rows())));
  };
  const screen = openScreen(err, redraw);
  const animate = async () => {
    while (!end.signal.aborted) {
      await clock.sleep(frameMs, end.signal).catch(() => {});
      frame++;
      if (!end.signal.aborted) redraw();
    }
  };
  void animate();

  return {
    event(event) {
      const before = progress.operation === null;
      const step = progress.apply(event);
      if (step && event.type === "step-finished" && step.parent === null) return keep(endedLines(step, look()));
      // Nothing moves any more behind the last word.
      if (event.type === "operation-ended" && event.operation === progress.operation) resting = true;
      keep(aboutLines(event, progress, { paint, marks, on }));
      if (before) redraw();
    },
    line: (operation, key, text) => progress.line(operation, key, text),
    // A frame shows the last lines alone.
    drained: async () => {},
    note: (text) => keep(showSafe(text).split("\n").map(paint.odd)),
    async paused(question) {
      screen.erase();
      resting = true;
      try {
        return await question();
      } finally {
        resting = false;
        redraw();
      }
    },
    close() {
      if (end.signal.aborted) return;
      end.abort();
      screen.close();
      screen.erase();
    },
  };
}
