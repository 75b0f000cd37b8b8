/** The queue on a terminal: what `garza status` shows, drawn in place, as much of it as there is room for. */
import type { Places } from "../../core/config.ts";
import { marksFor } from "../marks.ts";
import { oneLine, paintFor, time } from "../output.ts";
import { noStats } from "../queue-reader.ts";
import { openScreen } from "../screen.ts";
import { emptyOverview, type Overview, overview } from "../status-all.ts";
import { type Limits, type OverviewLook, overviewText, usual } from "../status-all-text.ts";
import type { Terminal } from "../terminal.ts";
import type { QueueView } from "./loop.ts";

/** `quit`: somebody typed q or Ctrl-C. */
export function openQueueScreen(places: Places, terminal: Terminal, quit: () => void): QueueView {
  const { out, env, clock } = terminal;
  const paint = paintFor(out, env);
  const { more } = marksFor(env);
  let shown: Overview | undefined;

  const draw = () => {
    if (!shown) return;
    const width = Math.max(1, out.columns() - 1);
    const look = { paint, more, width, now: clock.now() };
    screen.draw(queueFrame(shown, look, out.rows() - 1, `garza queue  ${oneLine(places.root)}`));
  };
  const screen = openScreen(out, draw);
  const unlisten = terminal.onKey({
    pressed: (key) => {
      if (key === "q" || key === "Q" || key === "\u0003") quit();
    },
    suspended: screen.leave,
    resumed: draw,
  });
  return {
    look(queue) {
      shown = queue ? overview(queue) : emptyOverview(noStats(places, terminal));
      draw();
    },
    tick: draw,
    close() {
      unlisten();
      screen.close();
      screen.leave();
    },
  };
}

/** What goes first where there is little room. */
const lessAndLess: Partial<Limits>[] = [
  {},
  { around: 5, ended: 5 },
  { around: 0, ended: 5 },
  { around: 0, ended: 3 },
  { around: 0, ended: 3, queued: 3 },
  { around: 0, ended: 3, queued: 3, advice: false },
  { around: 0, ended: 2, queued: 2, attention: 3, advice: false },
  { around: 0, ended: 1, queued: 1, attention: 2, running: 5, advice: false },
  { around: 0, ended: 0, queued: 1, attention: 1, running: 3, advice: false },
  { around: 0, ended: 0, queued: 0, attention: 0, running: 3, advice: false },
  { around: 0, ended: 0, queued: 0, attention: 0, running: 0, advice: false },
];

/** At most `rows` lines, none wider than `look.width`. The first one never changes, so that little is drawn anew. */
export function queueFrame(overview: Overview, look: OverviewLook, rows: number, title: string): string[] {
  const fits = (limits: Partial<Limits>) =>
    overviewText(overview, look, { ...usual, ...limits })
      .trimEnd()
      .split("\n");
  const room = Math.max(1, rows - 4);
  const variants = lessAndLess.values().map(fits);
  let body = variants.next().value ?? [];
  for (const less of variants) {
    if (body.length <= room) break;
    body = less;
  }
  const whole = [
    look.paint.faint(title),
    "",
    ...body.slice(0, room),
    "",
    look.paint.faint(`${time(look.now)}  q quits`),
  ];
  const lines = rows < 6 ? body.slice(0, Math.max(1, rows)) : whole;
  return lines.map((line) => Bun.sliceAnsi(line, 0, look.width, look.more));
}
