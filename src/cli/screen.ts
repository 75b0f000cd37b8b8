/** Lines that stand at the bottom of what a terminal shows and are drawn anew in place. The cursor is never hidden. */
import { createLogUpdate } from "log-update";
import type { Sink } from "./terminal.ts";

export type Screen = {
  /** Lines no wider than the terminal, and fewer than it has rows. Only what changed is written. */
  draw(lines: readonly string[]): void;
  /** Takes the lines away; what is written next stands in their place. */
  erase(): void;
  /** The lines stay where they are; the next ones are drawn below them. */
  leave(): void;
  close(): void;
};

/** `redraw`: called when the terminal has got another size. */
export function openScreen(sink: Sink, redraw: () => void): Screen {
  const update = createLogUpdate(sink.stream, { showCursor: true });
  let drawn: readonly string[] = [];
  let columns = sink.columns();
  const forget = () => {
    drawn = [];
    update.done();
  };
  /** A terminal that became narrower has wrapped the lines that stand there: they take more rows now. */
  const erase = () => {
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(Bun.stringWidth(line) / sink.columns())), 0);
    if (rows > 0) sink.write(`\u001b[${rows}F\u001b[J`);
    forget();
  };
  const unresize = sink.onResize(() => {
    if (sink.columns() !== columns || drawn.length >= sink.rows()) erase();
    redraw();
  });
  return {
    draw(lines) {
      if (sink.closed()) return;
      drawn = lines;
      columns = sink.columns();
      update(lines.join("\n"));
    },
    erase,
    leave: forget,
    close: unresize,
  };
}
