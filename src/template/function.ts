/** What a function of the expression language is. */
import type { GarzaError } from "../core/problem.ts";
import { toText, type Value } from "../core/value.ts";
import { kindOf } from "./comparison.ts";
import type { Surroundings } from "./scope.ts";

export type LanguageFunction = {
  /** How it is written, for messages and the manual. */
  usage: string;
  /** Number of arguments. */
  least: number;
  most: number;
  /** Its arguments are only looked at: that one of them is not set does no harm. */
  asks?: true;
  /** Undefined: there is no such thing (`env`, `secret`). */
  call(given: Value[], call: FunctionCall): Value | undefined;
};

export type FunctionCall = {
  surroundings: Surroundings;
  /** The `value-refused` to throw. `why` follows the call as it was written and never holds a value. */
  refused(why: string): GarzaError;
};

/** The argument as text; empty is the empty text. Throws for lists and mappings. */
export function textOf(value: Value | undefined, call: FunctionCall): string {
  if (typeof value === "object" && value !== null) throw call.refused(`takes text, not ${kindOf(value)}`);
  return toText(value);
}
