import { z } from "zod";
import { compileRegex, type TextTest } from "../core/regex.ts";
import type { Value } from "../core/value.ts";
import { proseSchema, wholeNumberSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const logAnalysis = defineStep({
  summary: "Find and count the lines of a log that match patterns.",
  schema: z.strictObject({
    logs: z
      .union([z.array(proseSchema), proseSchema])
      .optional()
      .describe("Text, or a list of lines."),
    patterns: z
      .union([z.array(proseSchema).min(1), z.string().transform((one) => [one])], {
        error: "expected a list of patterns",
      })
      .describe("Plain text, or `/regex/` (flags i, m, s); a line that matches one of them counts."),
    context: wholeNumberSchema(0, 1000).default(0).describe("Lines to show before and after each match's first place."),
  }),
  // An empty log is an answer too, so the schema does not ask for it.
  faults: (config) => (config.logs === undefined ? [{ message: "a log_analysis needs `logs`" }] : []),
  effect: "read-only",
  plan: ({ patterns }) => [{ label: "find", text: patterns.join(", ") }],

  async run({ logs, patterns, context: around }) {
    const tests = await Promise.all(patterns.map(testOf));
    const lines = linesOf(logs);
    const matches = countMatches(lines, tests).map((match) => ({
      ...match,
      context: surroundings(lines, match, around),
    }));
    const text = matches.flatMap(({ line, count, context }) => [
      `${count}× ${line}`,
      ...context.map((near) => `   ${near}`),
    ]);
    return done(text.join("\n"), { json: matches satisfies Value });
  },
});

/** Plain text is looked for as it stands. */
async function testOf(pattern: string): Promise<TextTest> {
  return (await compileRegex(pattern)) ?? ((line) => line.includes(pattern));
}

function linesOf(logs: string | string[] | undefined): string[] {
  const text = Array.isArray(logs) ? logs.join("\n") : (logs ?? "");
  return text.split(/\r?\n/).map((line) => line.trimEnd());
}

type Match = { line: string; count: number /** Line number of its first place, from 1. */; first: number };

/** The most frequent first; of the same number, the one that came first. */
function countMatches(lines: string[], tests: TextTest[]): Match[] {
  const matches = new Map<string, Match>();
  for (const [index, line] of lines.entries()) {
    const known = matches.get(line);
    if (known) known.count++;
    else if (line !== "" && tests.some((test) => test(line))) matches.set(line, { line, count: 1, first: index + 1 });
  }
  return [...matches.values()].sort((a, b) => b.count - a.count);
}

const surroundings = (lines: string[], { first }: Match, around: number) => [
  ...lines.slice(Math.max(0, first - 1 - around), first - 1),
  ...lines.slice(first, first + around),
];
