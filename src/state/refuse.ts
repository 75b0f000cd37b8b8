import { problem } from "../core/problem.ts";
import { forbiddenKeys, isMapping, type Value } from "../core/value.ts";
import type { StatePath } from "./state-path.ts";

/** Throws `value-refused` for a path through `__proto__` and the like. */
export function requirePath(path: StatePath, where: string): void {
  for (const segment of path) if (typeof segment === "string") requireKey(segment, where);
}

/** Throws `value-refused` for what a JSON file could not give back: keys that reach a prototype, numbers that are none. */
export function requireStorable(value: Value, where: string): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw problem({ kind: "value-refused", code: "E_STATE_VALUE", where, message: `${value} can't be kept in JSON` });
  }
  if (Array.isArray(value)) for (const element of value) requireStorable(element, where);
  else if (isMapping(value)) {
    for (const [key, inner] of Object.entries(value)) {
      requireKey(key, where);
      requireStorable(inner, where);
    }
  }
}

function requireKey(key: string, where: string): void {
  if (!forbiddenKeys.has(key)) return;
  throw problem({ kind: "value-refused", code: "E_STATE_PATH", where, message: `the key ${key} is not allowed` });
}
