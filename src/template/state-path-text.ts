/** State paths as authors write them: `.apps.web.status`, `["a.b"]`, `[0]`, `*`, with `${…}` as plain keys. */
import { problem } from "../core/problem.ts";
import { forbiddenKeys, isEmpty, toText } from "../core/value.ts";
import type { StatePath } from "../state/state-path.ts";
import { kindOf } from "./comparison.ts";
import { ExpressionError } from "./expression-error.ts";
import { placeholderValue } from "./interpolate.ts";
import type { Scope } from "./scope.ts";
import { readStatePath, type Segment } from "./state-path-syntax.ts";
import type { Placeholder } from "./text.ts";

/**
 * Every `${…}` is a key, or part of one, whatever it holds. Throws `ExpressionError` for a text that is no
 * path, `value-refused` for a value that can't be a key; `.` is the whole file.
 */
export function renderStatePath(text: string, scope: Scope, onUnset: (source: string) => void): StatePath {
  return readStatePath(text).map((segment) =>
    Array.isArray(segment) ? keyOf(segment, text, scope, onUnset) : segment,
  );
}

/** What is wrong with the text of a path, whatever the values; empty when nothing is. */
export function checkStatePath(text: string): ExpressionError[] {
  try {
    readStatePath(text);
    return [];
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return [thrown];
    throw thrown;
  }
}

function keyOf(
  parts: Extract<Segment, unknown[]>,
  path: string,
  scope: Scope,
  onUnset: (source: string) => void,
): string {
  const key = parts.map((part) => (typeof part === "string" ? part : inserted(part, path, scope, onUnset))).join("");
  if (forbiddenKeys.has(key)) throw refused("E_KEY", path, `${key} can't be a key`);
  return key;
}

function inserted(
  { expression, source }: Placeholder,
  path: string,
  scope: Scope,
  onUnset: (source: string) => void,
): string {
  const value = placeholderValue(expression, scope, onUnset);
  if (isEmpty(value)) throw refused("E_EMPTY", path, `${source} is empty and can't be a key`);
  if (typeof value === "object") throw refused("E_KEY", path, `${source} is ${kindOf(value)} and can't be a key`);
  return toText(value);
}

const refused = (code: string, where: string, message: string) =>
  problem({ kind: "value-refused", code, where, message });
