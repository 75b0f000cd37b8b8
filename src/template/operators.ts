/** Comparison and arithmetic. */
import type { GarzaError } from "../core/problem.ts";
import { isEmpty, toText, type Value } from "../core/value.ts";
import { asNumber, kindOf, looseEquals, order } from "./comparison.ts";
import type { Arithmetic, Comparison } from "./expression.ts";
import { contains } from "./functions-list.ts";

type Operand = Value | undefined;
type Refused = (why: string) => GarzaError;

/** Throws for operands that have no meaning, and for results that are no number, such as of a division by 0. */
export const operators: Record<Comparison | Arithmetic, (left: Operand, right: Operand, refused: Refused) => Value> = {
  "==": looseEquals,
  "!=": (left, right) => !looseEquals(left, right),
  "<": (left, right, refused) => compare(left, right, refused) < 0,
  "<=": (left, right, refused) => compare(left, right, refused) <= 0,
  ">": (left, right, refused) => compare(left, right, refused) > 0,
  ">=": (left, right, refused) => compare(left, right, refused) >= 0,
  in: (left, right, refused) => contains(right, left ?? null, refused),
  "+": plus,
  "-": (left, right, refused) => finite(number(left, refused) - number(right, refused), refused),
  "*": (left, right, refused) => finite(number(left, refused) * number(right, refused), refused),
  "/": (left, right, refused) => finite(number(left, refused) / number(right, refused), refused),
  "%": (left, right, refused) => finite(number(left, refused) % number(right, refused), refused),
};

/** NaN, which is neither less nor more nor the same, where one side is empty. */
function compare(left: Operand, right: Operand, refused: Refused): number {
  if (isEmpty(left) || isEmpty(right)) return Number.NaN;
  const sign = order(left, right);
  if (sign === undefined) throw refused(`can't compare ${kindOf(left)} with ${kindOf(right)}`);
  return sign;
}

/** A sum where one side is a number and the other reads as one; else lists, or texts, one after the other. */
function plus(left: Operand, right: Operand, refused: Refused): Value {
  const numbers = typeof left === "number" || typeof right === "number" ? [asNumber(left), asNumber(right)] : [];
  const [a, b] = numbers;
  if (a !== undefined && b !== undefined) return finite(a + b, refused);
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (isText(left) || isText(right)) return toText(left) + toText(right);
  throw refused(`can't add ${kindOf(left)} and ${kindOf(right)}`);
}

const isText = (value: Operand) => isEmpty(value) || typeof value === "string";

function number(value: Operand, refused: Refused): number {
  const read = asNumber(value);
  if (read === undefined) throw refused(`needs a number, not ${kindOf(value)}`);
  return read;
}

function finite(result: number, refused: Refused): number {
  if (!Number.isFinite(result)) throw refused("has no number as its result");
  // Minus zero is a number that nobody means.
  return result + 0;
}
