/**
 * A JSON text as a tree that remembers how it was written: printing it gives the same text back, and a
 * change rewrites only its own place. A file kept in git must not come back with every line moved,
 * keys sorted like numbers, or long numbers rounded.
 */
import { isMapping, type Value } from "./value.ts";

export type JsonNode = Scalar | List | Mapping;
/** `text` is its source: `1.0` and numbers beyond 2^53 stay as they were written. */
export type Scalar = { kind: "scalar"; text: string; value: null | boolean | number | string };
/** `empty` is what stands between the brackets when nothing else does. */
export type List = { kind: "list"; elements: Element[]; empty: string };
export type Mapping = { kind: "mapping"; members: Map<string, Member>; last: Member | undefined; empty: string };
/** With the white space before it, and between it and the comma or bracket after it. */
export type Element = { before: string; node: JsonNode; after: string };
/** `key` is the source of the key, `colon` what stands between it and the value. */
export type Member = Element & { key: string; colon: string };

/** How the file is written, for what is added to it. */
export type Layout = {
  indent: string;
  newline: string;
  /** What follows a colon, and a comma on one line. */
  gap: string;
  /** False: all on one line. */
  spread: boolean;
};

export function printNode(node: JsonNode): string {
  if (node.kind === "scalar") return node.text;
  if (node.kind === "list") {
    return `[${node.elements.map((e) => e.before + printNode(e.node) + e.after).join(",") || node.empty}]`;
  }
  const members = [...node.members.values()].map((m) => m.before + m.key + m.colon + printNode(m.node) + m.after);
  return `{${members.join(",") || node.empty}}`;
}

/** The plain value: mappings have no prototype. */
export function toValue(node: JsonNode): Value {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.elements.map((element) => toValue(element.node));
  const mapping: { [key: string]: Value } = Object.create(null);
  for (const [key, member] of node.members) mapping[key] = toValue(member.node);
  return mapping;
}

/** A value as a node that stands `depth` brackets deep. */
export function toNode(value: Value, layout: Layout, depth: number): JsonNode {
  if (Array.isArray(value)) {
    const list: List = { kind: "list", elements: [], empty: "" };
    for (const element of value) append(list, toNode(element, layout, depth + 1), layout, depth);
    return list;
  }
  if (isMapping(value)) {
    const mapping = emptyMapping();
    for (const [key, inner] of Object.entries(value))
      setMember(mapping, key, toNode(inner, layout, depth + 1), layout, depth);
    return mapping;
  }
  return { kind: "scalar", text: JSON.stringify(value), value };
}

/** A node of another text in this layout; scalars keep their spelling. */
export function inLayout(node: JsonNode, layout: Layout, depth: number): JsonNode {
  if (node.kind === "scalar") return node;
  if (node.kind === "list") {
    const list: List = { kind: "list", elements: [], empty: "" };
    for (const element of node.elements) append(list, inLayout(element.node, layout, depth + 1), layout, depth);
    return list;
  }
  const mapping = emptyMapping();
  for (const [key, member] of node.members)
    setMember(mapping, key, inLayout(member.node, layout, depth + 1), layout, depth);
  return mapping;
}

export const emptyMapping = (empty = ""): Mapping => ({ kind: "mapping", members: new Map(), last: undefined, empty });

/** Replaces the member's value, or adds it as the last one. `depth` is the mapping's own. */
export function setMember(mapping: Mapping, key: string, node: JsonNode, layout: Layout, depth: number): void {
  const found = mapping.members.get(key);
  if (found) {
    found.node = node;
    return;
  }
  const { last } = mapping;
  const space = follow(last, mapping.members.size, layout, depth);
  mapping.last = { ...space, key: JSON.stringify(key), colon: last?.colon ?? `:${layout.gap}`, node };
  mapping.members.set(key, mapping.last);
}

export function append(list: List, node: JsonNode, layout: Layout, depth: number): void {
  list.elements.push({ ...follow(list.elements.at(-1), list.elements.length, layout, depth), node });
}

/** Makes these the elements, in this order; those that are there already keep the white space around them. */
export function arrange(list: List, nodes: readonly JsonNode[], layout: Layout, depth: number): void {
  const [first] = list.elements;
  const last = list.elements.at(-1);
  if (!first || !last) {
    for (const node of nodes) append(list, node, layout, depth);
    return;
  }
  const there = new Map(list.elements.map((element) => [element.node, element]));
  const between = list.elements[1]?.before ?? follow({ ...first }, 1, layout, depth).before;
  list.elements = nodes.map((node, at) => {
    const had = there.get(node);
    const before = had && had !== first ? had.before : between;
    const after = had && had !== last ? had.after : "";
    return { before: at === 0 ? first.before : before, node, after: at === nodes.length - 1 ? last.after : after };
  });
}

/** The white space of one that is added behind `last`, which gives up what stood before the bracket. */
function follow(last: Element | undefined, count: number, { indent, newline, gap, spread }: Layout, depth: number) {
  if (last) {
    const { before, after } = last;
    last.after = "";
    // On one line the first has another space before it than the rest.
    return { before: count === 1 && !before.includes("\n") ? gap : before, after };
  }
  if (!spread) return { before: "", after: "" };
  return { before: newline + indent.repeat(depth + 1), after: newline + indent.repeat(depth) };
}

export function removeMember(mapping: Mapping, key: string): void {
  const member = mapping.members.get(key);
  if (!member) return;
  const [first] = mapping.members.values();
  mapping.members.delete(key);
  if (member === first) open(mapping.members.values().next().value, member);
  if (member !== mapping.last) return;
  mapping.last = [...mapping.members.values()].at(-1);
  close(mapping.last, member);
}

/** Drops the first `count` elements. */
export function removeFirst(list: List, count: number): void {
  const removed = list.elements.splice(0, count);
  if (removed[0]) open(list.elements[0], removed[0]);
}

export function removeElement(list: List, index: number): void {
  const [removed] = list.elements.splice(index, 1);
  if (!removed) return;
  if (index === 0) open(list.elements[0], removed);
  if (index === list.elements.length) close(list.elements.at(-1), removed);
}

/** The new first one takes over the white space behind the bracket. */
function open(first: Element | undefined, removed: Element): void {
  if (first) first.before = removed.before;
}

/** The new last one takes over the white space before the bracket. */
function close(last: Element | undefined, removed: Element): void {
  if (last) last.after = removed.after;
}
