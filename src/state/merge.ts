/**
 * Three versions of a JSON text to one: what either side has changed since the base, in the form that our text
 * has. Mappings are merged key by key, lists whose elements all have an `id` of their own element by element;
 * everything else is one value. The sides are equal: swapped, the same value comes out.
 */
import { type JsonDocument, newDocument, printJson } from "../core/json.ts";
import { sameJson } from "../core/json-same.ts";
import {
  arrange,
  inLayout,
  type Mapping as JsonMapping,
  type JsonNode,
  type List,
  removeMember,
  setMember,
  toValue,
} from "../core/json-tree.ts";
import type { Value } from "../core/value.ts";
import { elementsById, mergedOrder } from "./merge-order.ts";
import { isBlank, readStateText } from "./read-text.ts";
import { showPath } from "./state-path.ts";

export type Side = "base" | "ours" | "theirs";

/** Undefined or blank: there is no such file in that version. */
export type Versions<Version = string | undefined> = Record<Side, Version>;

/** Both sides have changed the place, and not alike. A value that is not there is undefined. */
export type MergeConflict = { path: string } & Versions<Value | undefined>;

/** Where there is a conflict, `text` has our side, or another that was asked for; undefined: the file is gone. */
export type Merged = { text: string | undefined; conflicts: MergeConflict[] };

/** `shown` names the file in problems. Throws `data-damaged`, with the version, line and column. */
export function mergeJson({ base, ours, theirs }: Versions, shown: string, preferred: Side = "ours"): Merged {
  if (ours === theirs || theirs === base) return { text: ours, conflicts: [] };
  if (ours === base) return { text: theirs, conflicts: [] };
  const documents = {
    base: readVersion(base, `${shown} (base)`),
    ours: readVersion(ours, `${shown} (ours)`),
    theirs: readVersion(theirs, `${shown} (theirs)`),
  };
  const merge = merger(documents, preferred);
  const nodes = { base: documents.base?.root, ours: documents.ours?.root, theirs: documents.theirs?.root };
  const root = merge.node(nodes, undefined, 0);
  const form = documents.ours ?? documents.theirs;
  if (root && form) return { text: printJson({ ...form, root }), conflicts: merge.conflicts };
  const gone = merge.conflicts.length > 0 ? { base, ours, theirs }[preferred] : documents.ours ? theirs : ours;
  return { text: gone, conflicts: merge.conflicts };
}

const readVersion = (text: string | undefined, shown: string) =>
  isBlank(text) ? undefined : readStateText(text, shown);

type Nodes = Versions<JsonNode | undefined>;
/** From the inside out, a key or the id of an element: most places never have to be told. */
type Way = { within: Way; step: string | { id: string } } | undefined;

function merger({ base, ours, theirs }: Versions<JsonDocument | undefined>, preferred: Side) {
  const conflicts: MergeConflict[] = [];
  const layout = (ours ?? theirs)?.layout ?? newDocument().layout;
  const adopt = (from: JsonDocument | undefined) => {
    const isSame = Bun.deepEquals(layout, from?.layout);
    return (node: JsonNode | undefined, depth: number) => (node && !isSame ? inLayout(node, layout, depth) : node);
  };
  const adopted = { base: adopt(base), ours: adopt(ours), theirs: adopt(theirs) };

  function mergeNode(sides: Nodes, way: Way, depth: number): JsonNode | undefined {
    const { base, ours, theirs } = sides;
    if (ours?.kind === "mapping" && theirs?.kind === "mapping") return mergeMappings(ours, theirs, base, way, depth);
    if (ours?.kind === "list" && theirs?.kind === "list") {
      const merged = mergeLists(ours, theirs, base, way, depth);
      if (merged) return merged;
    }
    if (sameJson(ours, theirs) || sameJson(base, theirs)) return ours;
    if (sameJson(base, ours)) return adopted.theirs(theirs, depth);
    conflicts.push({ path: showWay(way), base: plainValue(base), ours: plainValue(ours), theirs: plainValue(theirs) });
    return adopted[preferred](sides[preferred], depth);
  }

  function mergeMappings(ours: JsonMapping, theirs: JsonMapping, base: Nodes["base"], way: Way, depth: number) {
    const inBase = (key: string) => (base?.kind === "mapping" ? base.members.get(key)?.node : undefined);
    const onlyTheirs = [...theirs.members].filter(([key]) => !ours.members.has(key));
    const below = (key: string) => ({ within: way, step: key });
    for (const [key, member] of [...ours.members]) {
      const sides = { base: inBase(key), ours: member.node, theirs: theirs.members.get(key)?.node };
      const merged = mergeNode(sides, below(key), depth + 1);
      if (merged) member.node = merged;
      else removeMember(ours, key);
    }
    for (const [key, { node }] of onlyTheirs) {
      const sides = { base: inBase(key), ours: undefined, theirs: node };
      const merged = mergeNode(sides, below(key), depth + 1);
      if (merged) setMember(ours, key, merged, layout, depth);
    }
    return ours;
  }

  /** Undefined: not every element has an id of its own. */
  function mergeLists(ours: List, theirs: List, base: Nodes["base"], way: Way, depth: number): List | undefined {
    const lists = { ours: elementsById(ours), theirs: elementsById(theirs), base: elementsById(base) };
    const [mine, others, before] = [lists.ours, lists.theirs, lists.base];
    if (!mine || !others || !before) return undefined;
    const inOrder = mergedOrder({ ours: mine, theirs: others, base: before });
    const merged = new Map<string, JsonNode>();
    for (const id of new Set([...mine.keys(), ...others.keys()])) {
      const sides = { base: before.get(id), ours: mine.get(id), theirs: others.get(id) };
      const node = mergeNode(sides, { within: way, step: { id } }, depth + 1);
      if (node) merged.set(id, node);
    }
    arrange(ours, inOrder(merged), layout, depth);
    return ours;
  }

  return { node: mergeNode, conflicts };
}

const plainValue = (node: JsonNode | undefined) => node && toValue(node);

function showWay(way: Way): string {
  let text = "";
  for (let at = way; at; at = at.within) {
    text = (typeof at.step === "string" ? showPath([at.step]) : `[id ${at.step.id}]`) + text;
  }
  return text || ".";
}
