/** `matches`: by RE2, which cannot backtrack without end. */
import { RE2JS } from "re2js";
import { readRegex } from "../core/regex.ts";
import { type FunctionCall, type LanguageFunction, textOf } from "./function.ts";

export const patternFunctions = {
  matches: {
    usage: "matches(text, pattern): found anywhere in it; the pattern as it is, or as /pattern/i",
    least: 2,
    most: 2,
    asks: true,
    call: ([text, pattern], call) => compile(textOf(pattern, call), call).matcher(textOf(text, call)).find(),
  },
} satisfies Record<string, LanguageFunction>;

function compile(pattern: string, call: FunctionCall): RE2JS {
  const { source, flags } = readRegex(pattern) ?? { source: pattern, flags: "" };
  const bits: Record<string, number> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL };
  try {
    return RE2JS.compile(
      source,
      [...flags].reduce((sum, flag) => sum | (bits[flag] ?? 0), 0),
    );
  } catch {
    throw call.refused("is given a pattern that RE2 does not accept (no look-around, no back-references)");
  }
}
