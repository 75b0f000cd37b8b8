/**
 * Expressions as a closed tree of our own. The parser's nodes are narrowed at once; what is not in the
 * union below does not exist in the language.
 */
import { ExpressionError, unexpected } from "./expression-error.ts";
import { readTree } from "./grammar.ts";
import { narrow } from "./narrow.ts";

export { ExpressionError } from "./expression-error.ts";

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";
export type Arithmetic = "+" | "-" | "*" | "/" | "%";

/** Names, their fields and their elements: what can turn out not to be set. */
export type Chain =
  | { type: "name"; name: string; offset: number }
  | { type: "member"; of: Expression; name: string; offset: number }
  | { type: "index"; of: Expression; index: Expression; offset: number };

export type Call = { type: "call"; name: string; arguments: Expression[]; offset: number };

/** `offset` is where the node begins in the text that was parsed. */
export type Expression =
  | Chain
  | Call
  | { type: "literal"; value: null | boolean | number | string; offset: number }
  | { type: "list"; items: Expression[]; offset: number }
  /** Quoted text with `${…}` in it. */
  | { type: "text"; parts: Expression[]; offset: number }
  | { type: "unary"; operator: "!" | "-"; argument: Expression; offset: number }
  | { type: "binary"; operator: Comparison | Arithmetic; left: Expression; right: Expression; offset: number }
  | { type: "logical"; operator: "&&" | "||"; left: Expression; right: Expression; offset: number }
  | { type: "conditional"; test: Expression; yes: Expression; no: Expression; offset: number };

const longest = 16_384;
const remembered = 2000;
const cache = new Map<string, Expression>();

/** Reads a whole text as one expression. Throws `ExpressionError`. */
export function parseExpression(text: string): Expression {
  const known = cache.get(text);
  if (known) return known;
  checkLength(text.length, 0);
  const { tree, end } = readTree(text, 0);
  if (end < text.length) throw unexpected(text, end);
  const expression = narrow(tree);
  if (cache.size >= remembered) cache.clear();
  cache.set(text, expression);
  return expression;
}

/** Reads the inside of a `${…}` of a longer text; `start` is behind the opening brace, `end` behind the closing one. */
export function parsePlaceholder(text: string, start: number): { expression: Expression; end: number } {
  try {
    const { tree, end } = readTree(text, start);
    checkLength(end - start, start);
    if (end >= text.length) throw new ExpressionError("this ${ is never closed", start - 2);
    if (text[end] !== "}") throw unexpected(text, end);
    return { expression: narrow(tree), end: end + 1 };
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError) || thrown.hint !== undefined) throw thrown;
    throw new ExpressionError(thrown.message, thrown.offset, "A ${ that is not meant for GARZA is written $${.");
  }
}

function checkLength(length: number, offset: number): void {
  if (length > longest) throw new ExpressionError(`the expression is longer than ${longest} characters`, offset);
}
