import { type JsonDocument, newDocument, readJson } from "../core/json.ts";

/** Undefined or blank text, as `touch` leaves it, is an empty mapping. Throws `data-damaged` with line and column. */
export function readStateText(text: string | undefined, shown: string): JsonDocument {
  return text?.trim() ? readJson(text, shown) : newDocument();
}
