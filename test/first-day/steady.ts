/** What differs from one run to the next, put the same each time, as it could have been on some day in March. */
import { hostname } from "node:os";
import { openMoments } from "./moments.ts";

export type Steady = {
  /** A command as it stands on the page, for this run. */
  real(command: string): string;
  /** What it printed, as it stands on the page. */
  shown(printed: string): string;
};

/** As many as a session needs; they sort as they come. */
const ids = "N4K2T8WB6QXH P7C3V9MD5RYJ S8R4N7QW2ZCH W5X8T3FJ6VDK".split(" ").map((end) => `op_01KJPM${end}`);
const anyId = /\bop_[0-9A-Z]{18}\b/g;

export function steady(home: string): Steady {
  const moments = openMoments();
  const known = new Map<string, string>();

  const shownId = (real: string): string => {
    const shown = known.get(real) ?? ids[known.size];
    if (shown === undefined)
      throw new Error("the page has more operations than ids: add one in test/first-day/steady.ts");
    known.set(real, shown);
    return shown;
  };
  return {
    real(command) {
      moments.next(command);
      const back = new Map([...known].map(([real, shown]) => [shown, real]));
      return command.replace(anyId, (shown) => back.get(shown) ?? shown);
    },
    shown(printed) {
      for (const [id] of printed.matchAll(anyId)) moments.of(id);
      const named = moments
        .put(printed)
        .replace(anyId, shownId)
        .replaceAll(home, "/home/ada")
        .replace(/(garza\/shop)-[0-9a-f]{8}/g, "$1-3f9c21d7")
        .replace(/\(process \d+\)/g, "(process 2814)")
        .replaceAll(`@${hostname()}`, "@shop1");
      return durations.reduce((text, [pattern, put]) => text.replace(pattern, put), steadyRows(named));
    },
  };
}

const duration = /\d+(?:\.\d+)? (?:ms|s)|\d+ min \d+ s/.source;

/** By what stands around it, how long something took; the first that fits. */
const durations: [RegExp, string][] = [
  [new RegExp(`(Z \\()(?:${duration})`, "g"), "$18 min"],
  [new RegExp(`(for |maintain/backup {2}|took +)(?:${duration})`, "g"), "$14.2 s"],
  [new RegExp(`(succeeded in |after |ended: success, )(?:${duration})`, "g"), "$190 ms"],
  [new RegExp(`^([✓✗] .* {2}| {2}success +)(?:${duration}) *( {2}|$)`, "gm"), "$120 ms$2"],
];

/** The rows of ended operations, with columns as wide as what stands in them now. */
function steadyRows(text: string): string {
  const rows = new RegExp(`(Z {2}(?:success|failed|cancelled) *?) {2}(${duration}|) *( {2}(?:deploy|maintain)/)`, "g");
  const ended = [...text.matchAll(rows)].map(([, status = ""]) => status.trimEnd().length);
  return text.replace(rows, (_, status: string, took: string, rest: string) => {
    const padded = status.trimEnd().padEnd(Math.max(...ended));
    return `${padded}  ${(took && "90 ms").padEnd(5)}${rest}`;
  });
}
