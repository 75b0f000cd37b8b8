/** Values for parameters, from text and from JSON. */
import { isMapping, type Mapping, toText, type Value } from "../core/value.ts";
import { readDocument } from "./document.ts";
import { plainValue } from "./node.ts";
import { readPattern } from "./pattern.ts";
import type { Parameter } from "./template.ts";

/** `fault` follows the parameter's name: `must be a number, not "x"`. It never holds a secret. */
export type Converted = { value: Value } | { fault: string };

/** A value as it is typed: `3`, `true`, `[a, b]` or `a,b`. */
export function convertText(parameter: Parameter, text: string): Converted {
  const read = readText(parameter, text);
  return "fault" in read ? read : checkLimits(parameter, read.value);
}

/** A value that may have its type already; text is converted as if it were typed. */
export function convertJson(parameter: Parameter, value: Value): Converted {
  if (parameter.untyped) return checkLimits(parameter, copy(value));
  if (typeof value === "string") return convertText(parameter, value);
  const { type } = parameter;
  if (type === "list" ? Array.isArray(value) : typeof value === type) return checkLimits(parameter, copy(value));
  const isText = type === "string" || type === "secret";
  if (isText && (typeof value === "number" || typeof value === "boolean")) return checkLimits(parameter, String(value));
  return { fault: `must be ${kinds[type]}, not ${shown(parameter, value)}` };
}

const kinds = { string: "text", secret: "text", number: "a number", boolean: "true or false", list: "a list" } as const;

function readText(parameter: Parameter, text: string): Converted {
  const { type } = parameter;
  const refused = { fault: `must be ${kinds[type]}, not ${shown(parameter, text)}` };
  const trimmed = text.trim();
  if (type === "boolean") return trimmed === "true" || trimmed === "false" ? { value: trimmed === "true" } : refused;
  if (type === "number") {
    const number = Number(trimmed);
    const isPlain = /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(trimmed);
    const isExact = !Number.isInteger(number) || Number.isSafeInteger(number);
    return isPlain && isExact && Number.isFinite(number) ? { value: number } : refused;
  }
  return type === "list" ? readList(trimmed, refused) : { value: text };
}

/** In brackets a list is read as it is in a template; without them every element is text. */
function readList(text: string, refused: Converted): Converted {
  if (text === "") return { value: [] };
  if (!text.startsWith("[")) return { value: text.split(",").map((element) => element.trim()) };
  const { root, report } = readDocument({ file: "", text });
  return root?.kind === "list" && report.faults().length === 0 ? { value: plainValue(root) } : refused;
}

function checkLimits(parameter: Parameter, value: Value): Converted {
  const { enum: allowed, pattern, min, max } = parameter;
  if (allowed && !allowed.some((each) => sameText(each, value))) {
    return { fault: `must be one of ${allowed.map(toText).join(", ")}, not ${shown(parameter, value)}` };
  }
  const text = toText(value);
  if (pattern !== undefined && text.length > longestMatched) return { fault: "is longer than 64 KiB" };
  const match = pattern === undefined ? undefined : readPattern(pattern);
  if (typeof match === "function" && !match(text)) {
    return { fault: `must match ${pattern}, unlike ${shown(parameter, value)}` };
  }
  const size = typeof value === "number" ? value : Array.isArray(value) ? value.length : [...text].length;
  const what = typeof value === "number" ? "" : Array.isArray(value) ? " elements" : " characters";
  if (min !== undefined && size < min) return { fault: `must be at least ${min}${what}, not ${size}` };
  if (max !== undefined && size > max) return { fault: `must be at most ${max}${what}, not ${size}` };
  return { value };
}

const longestMatched = 64 * 1024;

const sameText = (a: Value, b: Value) => JSON.stringify(a) === JSON.stringify(b) || toText(a) === toText(b);

function shown({ type }: Parameter, value: Value): string {
  if (type === "secret") return "what was given";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Mappings without a prototype: whoever reads a field finds only what was given. */
function copy(value: Value): Value {
  if (Array.isArray(value)) return value.map(copy);
  if (!isMapping(value)) return value;
  const made: Mapping = Object.create(null);
  for (const [key, inner] of Object.entries(value)) made[key] = copy(inner);
  return made;
}
