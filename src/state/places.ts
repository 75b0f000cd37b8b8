/** Finding the places in a JSON tree that a state path names, and writing to one of them. */
import type { JsonDocument } from "../core/json.ts";
import {
  append,
  type JsonNode,
  type Layout,
  removeElement,
  removeMember,
  setMember,
  toNode,
} from "../core/json-tree.ts";
import type { Value } from "../core/value.ts";
import type { PlainPath, StatePath } from "./state-path.ts";

export type FoundPlace = { node: JsonNode; at: PlainPath };

/** Every place that is there, in the file's order; several with `*`. */
export function findPlaces(root: JsonNode, path: StatePath): FoundPlace[] {
  let found: FoundPlace[] = [{ node: root, at: [] }];
  for (const segment of path) {
    found = found.flatMap((place) => (typeof segment === "object" ? inside(place) : (below(place, segment) ?? [])));
  }
  return found;
}

function inside({ node, at }: FoundPlace): FoundPlace[] {
  if (node.kind === "scalar") return [];
  if (node.kind === "list") return node.elements.map((element, index) => ({ node: element.node, at: [...at, index] }));
  return [...node.members].map(([key, member]) => ({ node: member.node, at: [...at, key] }));
}

function below({ node, at }: FoundPlace, segment: string | number): FoundPlace | undefined {
  if (node.kind === "mapping") {
    const member = node.members.get(String(segment));
    return member && { node: member.node, at: [...at, String(segment)] };
  }
  const index = listIndex(segment);
  if (node.kind !== "list" || index === undefined) return undefined;
  const element = node.elements[index];
  return element && { node: element.node, at: [...at, index] };
}

/** A list's places are counted, also where the number came out of a `${…}`. */
function listIndex(segment: string | number): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(String(segment)) ? Number(segment) : undefined;
}

/** The deepest place of a path that is there. */
export function lastOnTheWay(root: JsonNode, path: PlainPath): FoundPlace {
  let last: FoundPlace = { node: root, at: [] };
  for (const segment of path) {
    const next = below(last, segment);
    if (!next) break;
    last = next;
  }
  return last;
}

/** Whether a value can be put at `segment` of this node, made where it is missing. */
export function takes(node: JsonNode, segment: string | number): boolean {
  if (node.kind === "mapping") return true;
  const index = listIndex(segment);
  return node.kind === "list" && index !== undefined && index <= node.elements.length;
}

/**
 * Puts a value at one place (null: removes it). Mappings that are missing on the way, or null, are made.
 * False: something else is in the way, and nothing was changed.
 */
export function writePlace({ root, layout }: JsonDocument, path: PlainPath, value: Value): boolean {
  return write(root, path, 0, value, layout);
}

function write(node: JsonNode, path: PlainPath, depth: number, value: Value, layout: Layout): boolean {
  const segment = path[depth];
  if (segment === undefined || !takes(node, segment)) return false;
  const next = below({ node, at: [] }, segment)?.node;
  const rest = path.slice(depth + 1);
  if (rest.length > 0 && next && !isNull(next)) return write(next, path, depth + 1, value, layout);
  if (value === null && rest.length > 0) return true;
  if (value === null) removeAt(node, segment);
  else if (!canBeMade(rest)) return false;
  else putAt(node, segment, toNode(made(rest, value), layout, depth + 1), layout, depth);
  return true;
}

const isNull = (node: JsonNode) => node.kind === "scalar" && node.value === null;

function removeAt(node: JsonNode, segment: string | number): void {
  if (node.kind === "mapping") removeMember(node, String(segment));
  if (node.kind === "list") removeElement(node, Number(segment));
}

function putAt(node: JsonNode, segment: string | number, value: JsonNode, layout: Layout, depth: number): void {
  if (node.kind === "mapping") setMember(node, String(segment), value, layout, depth);
  if (node.kind !== "list") return;
  const element = node.elements[Number(segment)];
  if (element) element.node = value;
  else append(node, value, layout, depth);
}

/** A list that is made begins with `[0]`. */
const canBeMade = (rest: PlainPath) => rest.every((segment) => typeof segment === "string" || segment === 0);

function made(rest: PlainPath, value: Value): Value {
  return rest.reduceRight<Value>(
    (inner, segment) => (typeof segment === "number" ? [inner] : { [segment]: inner }),
    value,
  );
}
