/** The signs before a line, in the characters that the terminal can show. */
import type { StepStatus } from "../core/events.ts";
import type { Env } from "../core/places.ts";

export type Marks = Record<Exclude<StepStatus, "running">, string> & {
  spinner: readonly string[];
  running: string;
  /** Before a step's output. */
  bar: string;
  more: string;
  /** Before what stands in a tree: one of several, the last one, and below those. */
  tree: { branch: string; last: string; through: string; gap: string };
};

const unicode: Marks = {
  success: "✓",
  failed: "✗",
  skipped: "–",
  unknown: "?",
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
  running: "▸",
  bar: "│",
  more: "…",
  tree: { branch: "├─ ", last: "└─ ", through: "│  ", gap: "   " },
};
const ascii: Marks = {
  success: "+",
  failed: "x",
  skipped: "-",
  unknown: "?",
  spinner: ["|", "/", "-", "\\"],
  running: ">",
  bar: "|",
  more: "...",
  tree: { branch: "|- ", last: "`- ", through: "|  ", gap: "   " },
};

export function marksFor(env: Env): Marks {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return /utf-?8/i.test(locale) ? unicode : ascii;
}
