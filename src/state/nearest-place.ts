import type { JsonNode } from "../core/json-tree.ts";
import { nearest } from "../core/nearest.ts";
import { findPlaces } from "./places.ts";
import { type StatePath, showPath } from "./state-path.ts";

/** For a path that names nothing: what it may have meant, else some of what is there as far as it leads. */
export function nearestPlaces(root: JsonNode, path: StatePath): string[] {
  let depth = 0;
  while (depth < path.length && findPlaces(root, path.slice(0, depth + 1)).length > 0) depth++;
  const [found] = findPlaces(root, path.slice(0, depth));
  const missing = path[depth];
  if (found?.node.kind !== "mapping" || typeof missing === "object") return [];
  const keys = [...found.node.members.keys()];
  const shown = (key: string, rest: StatePath = []) => showPath([...found.at, key, ...rest]);
  const near = nearest(String(missing), keys, 3);
  if (near.length === 0) return keys.slice(0, 5).map((key) => shown(key));
  const rest = path.slice(depth + 1);
  const whole = near.filter((key) => findPlaces(root, [...found.at, key, ...rest]).length > 0);
  return whole.length > 0 ? whole.map((key) => shown(key, rest)) : near.map((key) => shown(key));
}
