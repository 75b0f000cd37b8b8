import { z } from "zod";
import type { Mapping, Value } from "../core/value.ts";

export const itemsSchema = z.union([z.array(z.unknown()), z.record(z.string(), z.unknown()), z.string()], {
  error: "expected a list, a mapping, or text with an item a line (or between commas)",
});

/** The items that a value stands for: a mapping's are its `{key, value}` pairs, an empty text has none. */
export function itemsOf(items: z.infer<typeof itemsSchema> | undefined): Value[] {
  if (items === undefined) return [];
  if (Array.isArray(items)) return items as Value[];
  if (typeof items === "object") return Object.entries(items as Mapping).map(([key, value]) => ({ key, value }));
  const separator = items.includes("\n") ? "\n" : ",";
  return items
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
