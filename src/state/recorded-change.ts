/** What was done to a state file, as it is kept until it is published: enough to do it again to a newer text. */
import type { JsonDocument } from "../core/json.ts";
import { toValue } from "../core/json-tree.ts";
import type { Mapping, Value } from "../core/value.ts";
import { findPlaces } from "./places.ts";
import type { PlainPath, StatePath } from "./state-path.ts";

/** Plain JSON, for a row of a database. `before`: what the places that the path names held then, if they were there. */
export type RecordedChange =
  | { kind: "set"; path: StatePath; value: Value; before: HeldValue[] }
  | { kind: "delete"; path: StatePath; before: HeldValue[] }
  /** `at`: milliseconds since 1970, the entry's timestamp where it has none of its own. */
  | { kind: "append"; id: string; entry: Mapping; at: number; quiet?: true };

export type HeldValue = { at: PlainPath; value: Value };

/** To be asked before the change is made. */
export function recordOf({ root }: JsonDocument, path: StatePath, value: Value): RecordedChange {
  const before = findPlaces(root, path).map(({ node, at }) => ({ at, value: toValue(node) }));
  return value === null ? { kind: "delete", path, before } : { kind: "set", path, value, before };
}
