import { isMapping, type Value } from "../core/value.ts";

/** Whether a text holds a `${…}` that is meant for us; `$${` is a literal one. */
export const hasPlaceholder = (text: unknown): text is string => typeof text === "string" && /(?<!\$)\$\{/.test(text);

/** Whether the value at a path is, or lies behind, a text that only a run can fill in. */
export function leadsToPlaceholder(value: Value, path: readonly PropertyKey[]): boolean {
  let here: Value | undefined = value;
  for (const part of path) {
    if (hasPlaceholder(here) || hasPlaceholder(part)) return true;
    if (Array.isArray(here)) here = here[Number(part)];
    else if (isMapping(here) && Object.hasOwn(here, part)) here = here[String(part)];
    else return false;
  }
  return hasPlaceholder(here);
}
