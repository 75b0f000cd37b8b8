/** Lists whose elements are known by their ids: what is in them, and the order in which a merged one stands. */
import { exactNumber } from "../core/json-same.ts";
import type { JsonNode, Mapping, Scalar } from "../core/json-tree.ts";

/** By the id as JSON. */
export type Elements = ReadonlyMap<string, JsonNode>;

/** Undefined: an element has no id, or one that another has too. What is no list has no elements. */
export function elementsById(list: JsonNode | undefined): Elements | undefined {
  const elements = new Map<string, JsonNode>();
  if (list?.kind !== "list") return elements;
  for (const { node } of list.elements) {
    const id = node.kind === "mapping" ? scalarOf(node, "id") : undefined;
    if (!id || (typeof id.value !== "string" && typeof id.value !== "number")) return undefined;
    elements.set(typeof id.value === "number" ? exactNumber(id.text) : JSON.stringify(id.value), node);
  }
  return elements.size === list.elements.length ? elements : undefined;
}

/**
 * Where one side alone has moved, added or removed anything, its order. Otherwise by timestamp and id, where both
 * sides stand so, as logs do; else those of the base first, and then the new ones by timestamp and id. Whoever
 * merges gets the same. To be asked before the elements are merged, which changes ours.
 */
export function mergedOrder({ base, ours, theirs }: { base: Elements; ours: Elements; theirs: Elements }) {
  const ordered = inOrder([...ours.keys()], [...theirs.keys()], [...base.keys()]);
  const areByAge = isByAge(ours) && isByAge(theirs);
  return (merged: Elements): JsonNode[] => {
    const ids = [...merged.keys()];
    if (ordered) return nodesOf(merged, new Set([...ordered, ...ids]));
    if (areByAge) return nodesOf(merged, byAge(merged, ids));
    const isKept = (id: string) => merged.has(id) && base.has(id);
    const kept = [ours, theirs, base].map((side) => [...side.keys()].filter(isKept)) as [string[], string[], string[]];
    const added = byAge(
      merged,
      ids.filter((id) => !base.has(id)),
    );
    return nodesOf(merged, new Set([...(inOrder(...kept) ?? kept[2]), ...ids.filter(isKept), ...added]));
  };
}

const isByAge = (side: Elements) => Bun.deepEquals(byAge(side, [...side.keys()]), [...side.keys()]);

function byAge(elements: Elements, ids: readonly string[]): string[] {
  const keyed = ids.map((id) => ({ id, key: sortKey(elements.get(id)) }));
  return keyed.sort((a, b) => compare(a.key, b.key) || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

const nodesOf = (merged: Elements, ids: Iterable<string>) =>
  [...ids].flatMap((id) => {
    const node = merged.get(id);
    return node ? [node] : [];
  });

/** Undefined: both differ from the base. */
function inOrder(ours: string[], theirs: string[], base: string[]): string[] | undefined {
  if (Bun.deepEquals(theirs, base)) return ours;
  return Bun.deepEquals(ours, base) ? theirs : undefined;
}

type SortKey = [rank: number, timestamp: number | string];

/** No timestamp goes first, then numbers, then texts. */
function sortKey(node: JsonNode | undefined): SortKey {
  const timestamp = node?.kind === "mapping" ? scalarOf(node, "timestamp")?.value : undefined;
  if (typeof timestamp === "number") return [1, timestamp];
  return typeof timestamp === "string" ? [2, timestamp] : [0, 0];
}

function compare([rank, one]: SortKey, [otherRank, other]: SortKey): number {
  if (rank !== otherRank) return rank - otherRank;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function scalarOf({ members }: Mapping, key: string): Scalar | undefined {
  const node = members.get(key)?.node;
  return node?.kind === "scalar" ? node : undefined;
}
