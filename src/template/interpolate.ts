/** Fills in the `${…}` of a template's texts. What is filled in is never read again. */
import { problem } from "../core/problem.ts";
import { forbiddenKeys, type Mapping, toText, type Value } from "../core/value.ts";
import { evaluate } from "./evaluate.ts";
import type { Expression } from "./expression.ts";
import type { Scope } from "./scope.ts";
import { parseText } from "./text.ts";

/**
 * Through lists and mappings, keys included. A text that is exactly one `${…}` keeps its value's type,
 * any other becomes text. `onUnset` is told each name that is not set where its value is used, which then
 * counts as null. Throws `value-refused`.
 */
export function interpolate(template: Value, scope: Scope, onUnset: (source: string) => void): Value {
  if (typeof template === "string") return interpolateText(template, scope, onUnset);
  if (Array.isArray(template)) return template.map((element) => interpolate(element, scope, onUnset));
  if (typeof template !== "object" || template === null) return template;
  const filled: Mapping = Object.create(null);
  for (const [written, value] of Object.entries(template)) {
    const key = toText(interpolateText(written, scope, onUnset));
    if (forbiddenKeys.has(key)) throw refusedKey(written, `comes out as ${key}, which can't be a key`);
    if (Object.hasOwn(filled, key)) throw refusedKey(written, "comes out as a key that is already there");
    filled[key] = interpolate(value, scope, onUnset);
  }
  return filled;
}

function interpolateText(template: string, scope: Scope, onUnset: (source: string) => void): Value {
  if (!template.includes("${")) return template;
  const parts = parseText(template);
  const values = parts.map((part) =>
    part.kind === "literal" ? part.text : (placeholderValue(part.expression, scope, onUnset) ?? null),
  );
  const [only] = values;
  return only !== undefined && values.length === 1 ? only : values.map(toText).join("");
}

/** The value of one placeholder; names that are only compared are not told. */
export function placeholderValue(
  expression: Expression,
  scope: Scope,
  onUnset: (source: string) => void,
): Value | undefined {
  return evaluate(expression, scope, (source, compared) => {
    if (!compared) onUnset(source);
  });
}

const refusedKey = (where: string, message: string) =>
  problem({ kind: "value-refused", code: "E_KEY", where, message });
