import type { Arithmetic, Comparison } from "./expression.ts";
import { functions } from "./functions.ts";

/**
 * What an expression's result is for: the value itself; a comparison or a test, to which a name that is
 * not set is simply empty; or a value for which another stands ready, so that empty is meant.
 */
export type Use = "value" | "test" | "fallback";

/** Of the parts of a larger value: the default that follows `'/data/' + x` says nothing about `x`. */
export const partUse = (use: Use): Use => (use === "fallback" ? "value" : use);

/** Of the operands of an operator. */
export const operandUse = (operator: Comparison | Arithmetic): Use => ("+-*/%".includes(operator) ? "value" : "test");

/** Of a function's argument, by its index. */
export function argumentUse(name: string, index: number, use: Use): Use {
  if (functions[name]?.asks) return "test";
  if (name === "default") return index === 0 ? "fallback" : use;
  return index === 0 ? use : partUse(use);
}
