/** The signs before a line, in the characters that the terminal can show. */
import type { StepStatus } from "../core/events.ts";
import type { Env } from "../core/places.ts";

export type Marks = Record<Exclude<StepStatus, "running">, string> & {
  spinner: readonly string[];
  /** Before a step's output. */
  bar: string;
  more: string;
};

const unicode: Marks = {
  success: "✓",
  failed: "✗",
  skipped: "–",
  unknown: "?",
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
  bar: "│",
  more: "…",
};
const ascii: Marks = {
  success: "+",
  failed: "x",
  skipped: "-",
  unknown: "?",
  spinner: ["|", "/", "-", "\\"],
  bar: "|",
  more: "...",
};

export function marksFor(env: Env): Marks {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return /utf-?8/i.test(locale) ? unicode : ascii;
}
