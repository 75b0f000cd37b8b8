/** A document with positions: what YAML says, aliases filled in, every offset counted in the text. */
import { isMapping, type Mapping, type Value } from "../core/value.ts";

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

export type ScalarNode = {
  kind: "scalar";
  at: number;
  value: null | boolean | number | string;
  style: ScalarStyle;
  /** As it stands in the text, quotes and block header included. */
  source: string;
};
export type ListNode = { kind: "list"; at: number; items: Node[] };
export type Entry = { key: ScalarNode & { value: string }; value: Node };
export type MappingNode = { kind: "mapping"; at: number; entries: Entry[] };
export type Node = ScalarNode | ListNode | MappingNode;

/** The value of a node without its positions. */
export function plainValue(node: Node): Value {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  const mapping: Mapping = Object.create(null);
  for (const { key, value } of node.entries) mapping[key.value] = plainValue(value);
  return mapping;
}

export const entryOf = (node: Node | undefined, key: string): Entry | undefined =>
  node?.kind === "mapping" ? node.entries.find((entry) => entry.key.value === key) : undefined;

export const nodeOf = (node: Node | undefined, key: string): Node | undefined => entryOf(node, key)?.value;

/** The entries of a mapping whose keys are wanted, as a mapping of their own. */
export function pick(node: MappingNode, wanted: (key: string) => boolean): MappingNode {
  return { ...node, entries: node.entries.filter(({ key }) => wanted(key.value)) };
}

/** Follows a path as far as it leads; `key` is the last key that was passed. */
export function follow(node: Node, path: readonly PropertyKey[]): { node: Node; key?: Entry["key"]; whole: boolean } {
  let found: { node: Node; key?: Entry["key"]; whole: boolean } = { node, whole: true };
  for (const part of path) {
    const here = found.node;
    const entry = entryOf(here, String(part));
    const next = here.kind === "list" && typeof part === "number" ? here.items[part] : entry?.value;
    if (next === undefined) return { ...found, whole: false };
    found = { node: next, whole: true, ...(entry ? { key: entry.key } : found.key ? { key: found.key } : {}) };
  }
  return found;
}

/** Every text in a node, the keys of mappings included, in reading order. */
export function* textsIn(node: Node): Generator<ScalarNode & { value: string }> {
  if (node.kind === "scalar") {
    if (isText(node)) yield node;
  } else if (node.kind === "list") {
    for (const item of node.items) yield* textsIn(item);
  } else {
    for (const { key, value } of node.entries) {
      yield key;
      yield* textsIn(value);
    }
  }
}

export function isText(node: Node | undefined): node is ScalarNode & { value: string } {
  return node?.kind === "scalar" && typeof node.value === "string";
}

/** The value at a path, or undefined. */
export function at(value: Value | undefined, path: readonly PropertyKey[]): Value | undefined {
  let here = value;
  for (const part of path) {
    if (Array.isArray(here)) here = here[Number(part)];
    else if (isMapping(here) && Object.hasOwn(here, part)) here = here[String(part)];
    else return undefined;
  }
  return here;
}
