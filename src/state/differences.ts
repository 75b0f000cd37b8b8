import { sameJson } from "../core/json-same.ts";
import { type JsonNode, toValue } from "../core/json-tree.ts";
import type { Value } from "../core/value.ts";
import { elementsById } from "./merge-order.ts";
import { showPath } from "./state-path.ts";

/** A value that is not there is undefined. */
export type Difference = { path: string; before: Value | undefined; after: Value | undefined };

/** Place by place, as a merge sees them: mappings by key, lists with ids by id, everything else as one value. */
export function differences(before: JsonNode | undefined, after: JsonNode | undefined, way = ""): Difference[] {
  if (before?.kind === "mapping" && after?.kind === "mapping") {
    const keys = new Set([...before.members.keys(), ...after.members.keys()]);
    return [...keys].flatMap((key) =>
      differences(before.members.get(key)?.node, after.members.get(key)?.node, way + showPath([key])),
    );
  }
  const [old, now] = before?.kind === "list" && after?.kind === "list" ? [before, after].map(elementsById) : [];
  if (old && now) {
    const ids = new Set([...old.keys(), ...now.keys()]);
    return [...ids].flatMap((id) => differences(old.get(id), now.get(id), `${way}[id ${id}]`));
  }
  if (sameJson(before, after)) return [];
  return [{ path: way || ".", before: before && toValue(before), after: after && toValue(after) }];
}
