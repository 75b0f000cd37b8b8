import type { JsonDocument } from "../core/json.ts";
import {
  append,
  type Mapping as JsonMapping,
  type List,
  removeFirst,
  setMember,
  toNode,
  toValue,
} from "../core/json-tree.ts";
import { problem } from "../core/problem.ts";
import type { Mapping, Value } from "../core/value.ts";
import { requireStorable } from "./refuse.ts";

export type LogEntry = { entry: Mapping; id: string; now: number; limit: number; file: string };

/**
 * Appends to the list that the file has (`operations` or `history`; a new one gets `operations`), newest
 * last, and drops the oldest beyond `limit`. An id that is there already is left as it is.
 */
export function appendEntry(document: JsonDocument, { entry, id, now, limit, file }: LogEntry): string {
  requireStorable(entry, file);
  const { list, depth } = logList(document, file);
  if (list.elements.some(({ node }) => node.kind === "mapping" && idOf(node) === id)) return id;
  const timestamp = new Date(now).toISOString();
  const whole: Mapping = Object.assign({ id, timestamp }, entry, { id });
  append(list, toNode(whole, document.layout, depth + 1), document.layout, depth);
  removeFirst(list, Math.max(0, list.elements.length - limit));
  return id;
}

function idOf(entry: JsonMapping): Value | undefined {
  const node = entry.members.get("id")?.node;
  return node && toValue(node);
}

function logList({ root, layout }: JsonDocument, file: string): { list: List; depth: number } {
  if (root.kind === "list") return { list: root, depth: 0 };
  if (root.kind === "scalar")
    throw problem({ kind: "data-damaged", file, why: "it holds neither a mapping nor a list" });
  for (const name of ["operations", "history"]) {
    const node = root.members.get(name)?.node;
    if (node?.kind === "list") return { list: node, depth: 1 };
    if (node) throw problem({ kind: "data-damaged", file, why: `${name} is not a list` });
  }
  const list: List = { kind: "list", elements: [], empty: "" };
  setMember(root, "operations", list, layout, 0);
  return { list, depth: 1 };
}
