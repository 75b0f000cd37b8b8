/** What a template, a parameter, an output or a state file can hold: JSON. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** A mapping of values. Made with a null prototype wherever names come from outside. */
export type Mapping = { [key: string]: Value };

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keys that reach an object's prototype; no mapping from outside may hold them. */
export const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Text as it stands in a message or inside other text: lists joined by `, `, mappings as JSON, null as empty. */
export function toText(value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(toText).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Unset, null and "" are one value to the language. */
export function isEmpty(value: Value | undefined): value is null | undefined | "" {
  return value === undefined || value === null || value === "";
}
