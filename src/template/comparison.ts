/** What counts as true, as equal, as a number: the same for operators, functions and steps. */
import { isEmpty, isMapping, type Value } from "../core/value.ts";

/** False are empty, `false`, 0 and `[]`, nothing else. */
export function truthy(value: Value | undefined): boolean {
  if (isEmpty(value) || value === false || value === 0) return false;
  return !Array.isArray(value) || value.length > 0;
}

/** `==`: empty equals empty, numbers equal numeric text, everything else by type and value. */
export function looseEquals(a: Value | undefined, b: Value | undefined): boolean {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  if (typeof a === "number" || typeof b === "number") {
    const number = asNumber(a);
    return number !== undefined && number === asNumber(b);
  }
  return sameValue(a, b);
}

/** By type and value, also within lists and mappings. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => sameValue(element, b[i]));
  }
  if (!isMapping(a)) return a === b;
  if (!isMapping(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

/**
 * Negative, 0 or positive as `a` comes before, with or after `b`: numbers and numeric texts as numbers,
 * other texts by their characters. Undefined: they have no order.
 */
export function order(a: Value, b: Value): number | undefined {
  const numbers = [asNumber(a), asNumber(b)] as const;
  if (numbers[0] !== undefined && numbers[1] !== undefined) return numbers[0] - numbers[1];
  if (typeof a !== "string" || typeof b !== "string") return undefined;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A number, or a text that writes one in decimal and is kept exactly as a number. */
export function asNumber(value: Value | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) return undefined;
  const number = Number(value);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

/** What a value is, in a message. Never the value itself: it may be a secret. */
export function kindOf(value: Value | undefined): string {
  if (isEmpty(value)) return "empty";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "number") return "a number";
  return Array.isArray(value) ? "a list" : "a mapping";
}
