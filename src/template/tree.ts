import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  type Scalar,
  type Document as YamlDocument,
} from "yaml";
import { forbiddenKeys } from "../core/value.ts";
import type { Entry, MappingNode, Node, ScalarNode, ScalarStyle } from "./node.ts";
import type { Report } from "./report.ts";

const maxAliasNodes = 100;

type Reading = {
  text: string;
  report: Report;
  /** What each anchor stands for so far; a later one of the name replaces it. */
  anchors: Map<string, unknown>;
  /** The anchors whose content is being read: one that holds itself would never end. */
  open: Set<unknown>;
  /** Nodes that aliases have brought in. */
  copied: number;
  tooMany: boolean;
};

/** YAML's tree as ours: aliases filled in, keys as text, doubled and dangerous keys told. */
export function readTree(yaml: YamlDocument.Parsed, text: string, report: Report): Node | undefined {
  if (!yaml.contents) return undefined;
  return read(yaml.contents, { text, report, anchors: new Map(), open: new Set(), copied: 0, tooMany: false });
}

function read(node: unknown, reading: Reading): Node {
  if (isAlias(node)) return expand(node, reading);
  if (reading.open.size > 0) reading.copied += 1;
  else if (isNode(node) && node.anchor) reading.anchors.set(node.anchor, node);
  if (isScalar(node)) return scalar(node, reading);
  if (isSeq(node)) {
    return { kind: "list", at: start(node), items: node.items.map((item) => read(item, reading)) };
  }
  if (isMap(node)) return mapping(node, reading);
  return { kind: "scalar", at: 0, value: null, style: "plain", source: "" };
}

function expand(alias: Alias, reading: Reading): Node {
  const at = start(alias);
  const nothing: Node = { kind: "scalar", at, value: null, style: "plain", source: "" };
  const { report, anchors, open } = reading;
  if (reading.tooMany) return nothing;
  const target = anchors.get(alias.source);
  if (!target) {
    report.error(at, "alias", `nothing above is called &${alias.source}`);
    return nothing;
  }
  if (open.has(target)) {
    report.error(at, "alias", `*${alias.source} would hold itself`);
    return nothing;
  }
  open.add(target);
  const node = read(target, reading);
  open.delete(target);
  if (reading.copied > maxAliasNodes && !reading.tooMany) {
    reading.tooMany = true;
    report.error(at, "alias", `aliases bring in more than ${maxAliasNodes} nodes`);
  }
  return node;
}

function scalar(node: Scalar, { text, report }: Reading): ScalarNode {
  const at = start(node);
  const end = node.range?.[1] ?? at;
  const source = text.slice(at, end);
  const scalarOf = (value: ScalarNode["value"]): ScalarNode => ({
    kind: "scalar",
    at,
    value,
    style: styleOf(node),
    source,
  });
  const { value } = node;
  if (typeof value === "string" || typeof value === "boolean" || value === null) return scalarOf(value);
  if (typeof value === "number" && Number.isFinite(value)) {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      report.error(at, "number", `the number ${source} is too large to be kept exactly`, "Put it in quotes.");
    }
    return scalarOf(value);
  }
  report.error(at, "number", `${source} is no value a template can hold`, "Put it in quotes if it is meant as text.");
  return scalarOf(null);
}

function mapping(node: { items: Pair[] }, reading: Reading): MappingNode {
  const entries = new Map<string, Entry>();
  for (const pair of node.items) {
    const key = keyOf(pair.key, reading);
    if (!key) continue;
    const value: Node = pair.value
      ? read(pair.value, reading)
      : { kind: "scalar", at: key.at, value: null, style: "plain", source: "" };
    const before = entries.get(key.value);
    if (before) {
      const { line } = reading.report.place(before.key.at);
      reading.report.error(key.at, "duplicate-key", `\`${key.value}\` is written twice (first in line ${line})`);
    } else if (forbiddenKeys.has(key.value)) {
      reading.report.error(key.at, "forbidden-key", `\`${key.value}\` can't be a key`);
    } else {
      entries.set(key.value, { key, value });
    }
  }
  return { kind: "mapping", at: start(node), entries: [...entries.values()] };
}

function keyOf(key: unknown, reading: Reading): Entry["key"] | undefined {
  const node = read(key, reading);
  if (node.kind !== "scalar") {
    reading.report.error(node.at, "key", "a key must be text");
    return undefined;
  }
  if (node.value === null && node.source === "") {
    reading.report.error(node.at, "key", "a key is missing before the colon");
    return undefined;
  }
  return { ...node, value: typeof node.value === "string" ? node.value : node.source };
}

const styles: Record<string, ScalarStyle> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};
const styleOf = (node: Scalar): ScalarStyle => styles[node.type ?? ""] ?? "plain";

const start = (node: object): number => ("range" in node && Array.isArray(node.range) ? Number(node.range[0]) : 0);
