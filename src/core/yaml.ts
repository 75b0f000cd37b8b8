/** Small YAML files of ours (inventory, registry) as plain values with places. Templates have a reader of their own. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLMap } from "yaml";
import type { Fault, Place } from "./problems.ts";
import { forbiddenKeys, type Mapping, type Value } from "./value.ts";

export type YamlPath = readonly (string | number)[];

export type YamlText = {
  /** Mappings have no prototype. Null where the text holds nothing, or is no YAML. */
  value: Value;
  /** Where a value stands, or its key; of what is not there, the nearest above it. */
  placeOf(path: YamlPath, what?: "key" | "value"): Place;
  faults: Fault[];
};

const mostBytes = 1 << 20;

/** YAML 1.2, core schema. Duplicate and dangerous keys, and aliases without end, are faults. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    if (line === 0) return { file, line: 1, column: 1 };
    return { file, line, column: col, excerpt: text.split("\n")[line - 1]?.replace(/\r$/, "") ?? "" };
  };
  const fault = (at: number, code: string, message: string): Fault => ({
    ...placeAt(at),
    severity: "error",
    code,
    message,
  });
  const nowhere = { value: null, placeOf: () => placeAt(0) };
  if (Buffer.byteLength(text) > mostBytes)
    return { ...nowhere, faults: [fault(0, "size", "the file is larger than 1 MiB")] };

  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2", uniqueKeys: false });
  const syntax = [...document.errors, ...document.warnings].map(({ pos, message }) =>
    fault(pos[0], "syntax", message.charAt(0).toLowerCase() + message.slice(1)),
  );
  // One slip brings a row of objections: the first of a line says it.
  const first = syntax.filter(({ line }, index) => syntax.findIndex((other) => other.line === line) === index);
  if (first.length > 0 || !document.contents) return { ...nowhere, faults: first };

  const reader = new Reader();
  const value = reader.value(document.contents, []);
  return {
    value,
    placeOf: (path, what = "value") => placeAt(reader.offsetOf(path, what)),
    faults: reader.faults.map(({ at, code, message }) => fault(at, code, message)),
  };
}

const mostCopied = 100;

class Reader {
  readonly faults: { at: number; code: string; message: string }[] = [];
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();
  readonly #anchors = new Map<string, ParsedNode>();
  /** The targets of aliases that are being read: one that holds itself would never end. */
  readonly #open = new Set<ParsedNode>();
  #copied = 0;

  value(node: ParsedNode | null, path: YamlPath): Value {
    if (!node) return null;
    const at = node.range[0];
    // What an alias brings in stands where the alias does.
    if (this.#open.size === 0) this.#values.set(JSON.stringify(path), at);
    else if (++this.#copied > mostCopied) {
      if (this.#copied === mostCopied + 1) this.#refuse(at, "alias", `aliases bring in more than ${mostCopied} nodes`);
      return null;
    }
    if (isAlias(node)) return this.#alias(node.source, at, path);
    if (node.anchor) this.#anchors.set(node.anchor, node);
    if (isSeq(node)) return node.items.map((element, index) => this.value(element as ParsedNode, [...path, index]));
    if (isMap(node)) return this.#mapping(node as YAMLMap.Parsed, path);
    return isScalar(node) ? this.#scalar(node.value, at) : null;
  }

  offsetOf(path: YamlPath, what: "key" | "value"): number {
    const offsets = what === "key" ? this.#keys : this.#values;
    return offsets.get(JSON.stringify(path)) ?? (path.length > 0 ? this.offsetOf(path.slice(0, -1), "value") : 0);
  }

  #alias(name: string, at: number, path: YamlPath): Value {
    const target = this.#anchors.get(name);
    if (!target || this.#open.has(target)) {
      this.#refuse(at, "alias", target ? `*${name} would hold itself` : `nothing above is called &${name}`);
      return null;
    }
    this.#open.add(target);
    const value = this.value(target, path);
    this.#open.delete(target);
    return value;
  }

  #mapping(node: YAMLMap.Parsed, path: YamlPath): Mapping {
    const mapping: Mapping = Object.create(null);
    for (const { key, value } of node.items) {
      const at = key?.range[0] ?? node.range[0];
      const name = isScalar(key) ? (key.source ?? String(key.value ?? "")) : "";
      if (name === "") this.#refuse(at, "key", "a key must be text");
      else if (forbiddenKeys.has(name)) this.#refuse(at, "forbidden-key", `${name} can't be a key`);
      else if (Object.hasOwn(mapping, name)) this.#refuse(at, "duplicate-key", `${name} is written twice`);
      else {
        if (this.#open.size === 0) this.#keys.set(JSON.stringify([...path, name]), at);
        mapping[name] = this.value(value, [...path, name]);
      }
    }
    return mapping;
  }

  #scalar(value: unknown, at: number): Value {
    const isPlain = value === null || typeof value === "string" || typeof value === "boolean";
    if (isPlain || (typeof value === "number" && Number.isFinite(value))) return value;
    this.#refuse(at, "number", "this is no value a file of ours can hold; put it in quotes if it is meant as text");
    return null;
  }

  #refuse(at: number, code: string, message: string): void {
    this.faults.push({ at, code, message });
  }
}
