/**
 * JSON of a stranger, many megabytes of it: no key twice, none that reaches a prototype, no number beyond what
 * numbers hold, not nested without end. Looked through before it is parsed, so that it costs little more than
 * its own size (the reader of files keeps a node for each value).
 */
import { readJson } from "../core/json.ts";
import { GarzaError, problem } from "../core/problem.ts";
import { forbiddenKeys, type Value } from "../core/value.ts";

const deepest = 100;

/** Throws `usage` that says where and what. */
export function parseStrictly(text: string): Value {
  refuseOddities(text);
  try {
    return JSON.parse(text) as Value;
  } catch (cause) {
    throw refuse(text.trim() === "" ? "it is empty" : placeOf(text, cause), cause);
  }
}

/** What is no JSON at all is left to the parser. */
function refuseOddities(text: string): void {
  /** The keys of each mapping that is open, undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") {
      if (open.push(character === "{" ? new Set() : undefined) > deepest)
        throw refuse(`more than ${deepest} brackets stand inside each other`);
    } else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = endOfText(text, at);
      const keys = open.at(-1);
      if (keys && isKey(text, end)) addKey(keys, text.slice(at, end));
      at = end - 1;
    } else if (character !== undefined && character >= "0" && character <= "9") {
      const end = endOfNumber(text, at);
      if (end - at > 3 && Math.abs(Number(text.slice(at, end))) === Number.POSITIVE_INFINITY)
        throw refuse(`the number ${text.slice(at, Math.min(end, at + 20))} is too large`);
      at = end - 1;
    }
  }
}

/** The offset behind the closing quote. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while ("0123456789.eE+-".includes(text[end] ?? "x")) end++;
  return end;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return text[at] === ":";
}

function addKey(keys: Set<string>, source: string): void {
  const key = unescaped(source);
  if (forbiddenKeys.has(key)) throw refuse(`the key ${source} is not allowed`);
  if (keys.has(key)) throw refuse(`the key ${source.slice(0, 80)} stands in one place twice`);
  keys.add(key);
}

function unescaped(source: string): string {
  if (!source.includes("\\")) return source.slice(1, -1);
  try {
    return JSON.parse(source) as string;
  } catch {
    return source;
  }
}

/** Line and column, where finding them is cheap. */
function placeOf(text: string, cause: unknown): string {
  try {
    if (text.length < 2 ** 16) readJson(text, "body");
  } catch (thrown) {
    if (thrown instanceof GarzaError && thrown.problem.kind === "data-damaged") return thrown.problem.why;
  }
  return cause instanceof Error ? cause.message : "it can't be read";
}

const refuse = (why: string, cause?: unknown) =>
  problem({ kind: "usage", message: `the body is not the JSON that is wanted: ${why}` }, cause);
