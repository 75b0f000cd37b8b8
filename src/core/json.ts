/** Strict JSON with places: duplicate keys and keys that reach a prototype are refused, never silently resolved. */
import type { JsonNode, Layout, List, Mapping } from "./json-tree.ts";
import { emptyMapping, printNode } from "./json-tree.ts";
import { problem } from "./problem.ts";
import { forbiddenKeys } from "./value.ts";

export type JsonDocument = { root: JsonNode; lead: string; tail: string; layout: Layout };

/** Deeper text is a mistake or an attack; the reader calls itself once a bracket. */
const deepest = 500;

/** Throws `data-damaged` with line and column. */
export function readJson(text: string, file: string): JsonDocument {
  const reader = new Reader(text, file);
  const lead = (text.startsWith("\ufeff") ? reader.take("\ufeff") : "") + reader.space();
  const root = reader.node(0);
  const tail = reader.space();
  if (reader.at < text.length) reader.fail(`nothing may follow the value, found ${reader.found()}`);
  return { root, lead, tail, layout: layoutOf(text) };
}

/** The text as it was found, but for what was changed. */
export function printJson({ root, lead, tail }: JsonDocument): string {
  return lead + printNode(root) + tail;
}

/** An empty mapping, written as a person would. */
export function newDocument(): JsonDocument {
  return {
    root: emptyMapping(),
    lead: "",
    tail: "\n",
    layout: { indent: "  ", newline: "\n", gap: " ", spread: true },
  };
}

function layoutOf(text: string): Layout {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  const spread = text.trim().includes("\n") || /^\s*[[{]\s*[\]}]\s*$/.test(text);
  return {
    indent,
    newline: text.includes("\r\n") ? "\r\n" : "\n",
    gap: spread || /":\s/.test(text) ? " " : "",
    spread,
  };
}

class Reader {
  at = 0;
  readonly #text: string;
  readonly #file: string;
  readonly #last: string[] = [""];

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  node(depth: number): JsonNode {
    if (depth > deepest) this.fail(`more than ${deepest} brackets inside each other`);
    const next = this.#text[this.at];
    if (next === "{") return this.#mapping(depth);
    if (next === "[") return this.#list(depth);
    if (next === '"') {
      const { text, value } = this.#string();
      return { kind: "scalar", text, value };
    }
    return this.#word();
  }

  space(): string {
    const start = this.at;
    while (isSpace(this.#text.charCodeAt(this.at))) this.at++;
    return this.#kept(start);
  }

  /** The text from there to here. White space is mostly the same again: one string for all of them. */
  #kept(start: number): string {
    const length = this.at - start;
    const last = this.#last[length];
    if (last !== undefined && this.#text.startsWith(last, start)) return last;
    const found = this.#text.slice(start, this.at);
    if (length < 64) this.#last[length] = found;
    return found;
  }

  take(mark: string): string {
    if (!this.#text.startsWith(mark, this.at)) this.fail(`expected ${mark}, found ${this.found()}`);
    this.at += mark.length;
    return mark;
  }

  found(): string {
    const character = this.#text.codePointAt(this.at);
    return character === undefined ? "the end of the file" : JSON.stringify(String.fromCodePoint(character));
  }

  fail(why: string, at = this.at): never {
    const before = this.#text.slice(0, at).split("\n");
    const place = `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
    throw problem({ kind: "data-damaged", file: this.#file, why: `${place}: ${why}` });
  }

  #mapping(depth: number): Mapping {
    this.take("{");
    const mapping = emptyMapping();
    let before = this.space();
    if (this.#text[this.at] === "}") mapping.empty = before;
    else {
      for (;;) {
        const start = this.at;
        const { text: key, value: name } = this.#string();
        if (mapping.members.has(name)) this.fail(`the key ${key} stands here for the second time`, start);
        if (forbiddenKeys.has(name)) this.fail(`the key ${key} is not allowed`, start);
        const colon = this.#colon();
        const node = this.node(depth + 1);
        const after = this.space();
        mapping.last = { before, key, colon, node, after };
        mapping.members.set(name, mapping.last);
        if (this.#text[this.at] !== ",") break;
        this.take(",");
        before = this.space();
      }
    }
    this.#end("}");
    return mapping;
  }

  #colon(): string {
    const start = this.at;
    this.space();
    this.take(":");
    this.space();
    return this.#kept(start);
  }

  #list(depth: number): List {
    this.take("[");
    const list: List = { kind: "list", elements: [], empty: "" };
    let before = this.space();
    if (this.#text[this.at] === "]") list.empty = before;
    else {
      for (;;) {
        const node = this.node(depth + 1);
        list.elements.push({ before, node, after: this.space() });
        if (this.#text[this.at] !== ",") break;
        this.take(",");
        before = this.space();
      }
    }
    this.#end("]");
    return list;
  }

  #end(bracket: string): void {
    if (this.#text[this.at] !== bracket) this.fail(`expected "," or "${bracket}", found ${this.found()}`);
    this.at++;
  }

  #string(): { text: string; value: string } {
    const start = this.at;
    if (this.#text[start] !== '"') this.fail(`expected a text in double quotes, found ${this.found()}`);
    this.at++;
    // One pattern for the whole text would exhaust the engine's stack when there are many escapes.
    do this.#plain();
    while (this.#match(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y) !== undefined);
    if (this.#text[this.at] !== '"') this.fail("this text is not closed or has a wrong escape", start);
    this.at++;
    const text = this.#text.slice(start, this.at);
    return { text, value: text.includes("\\") ? (JSON.parse(text) as string) : text.slice(1, -1) };
  }

  #plain(): void {
    for (let code = this.#text.charCodeAt(this.at); code >= 0x20 && code !== 0x22 && code !== 0x5c; ) {
      code = this.#text.charCodeAt(++this.at);
    }
  }

  #word(): JsonNode {
    const start = this.at;
    const text = this.#match(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (text === undefined) this.fail(`expected a value, found ${this.found()}`);
    const value = JSON.parse(text) as null | boolean | number;
    if (typeof value === "number" && !Number.isFinite(value)) this.fail(`the number ${text} is too large`, start);
    return { kind: "scalar", text, value };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [text] = pattern.exec(this.#text) ?? [];
    if (text !== undefined) this.at += text.length;
    return text;
  }
}

const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
