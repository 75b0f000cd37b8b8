/** Text of a template taken apart: what the author wrote, and the `${…}` between it. */
import { type Expression, parsePlaceholder } from "./expression.ts";

export type Literal = {
  kind: "literal";
  /** `$${` has become `${`; otherwise just as it stands in the text, from `offset` on. */
  text: string;
  offset: number;
};

export type Placeholder = {
  kind: "expression";
  /** Its offsets count in the whole text. */
  expression: Expression;
  /** What stands between the braces. */
  source: string;
  /** Of the `$`. */
  offset: number;
  /** Behind the closing brace. */
  end: number;
};

export type TextPart = Literal | Placeholder;

/** Throws `ExpressionError`. */
export function parseText(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let start = 0;
  const literal = (end: number) => {
    if (end > start) parts.push({ kind: "literal", text: text.slice(start, end), offset: start });
  };
  for (let at = text.indexOf("${"); at >= 0; ) {
    if (at > start && text[at - 1] === "$") {
      literal(at - 1);
      start = at;
      at = text.indexOf("${", at + 2);
    } else {
      literal(at);
      const { expression, end } = parsePlaceholder(text, at + 2);
      parts.push({ kind: "expression", expression, source: text.slice(at + 2, end - 1).trim(), offset: at, end });
      start = end;
      at = text.indexOf("${", end);
    }
  }
  literal(text.length);
  return parts;
}

/** The placeholder that is the whole text: its value keeps its type. */
export function wholeExpression(text: string): Expression | undefined {
  if (!text.startsWith("${")) return undefined;
  const [first, ...others] = parseText(text);
  return first?.kind === "expression" && others.length === 0 ? first.expression : undefined;
}

/** One character of the author's, or one placeholder, and where it stands in the text. */
export type Token = { token: string | Placeholder; offset: number };

/** For languages that are read character by character. Throws `ExpressionError`. */
export function tokensOf(text: string): Token[] {
  return parseText(text).flatMap<Token>((part) =>
    part.kind === "literal"
      ? Array.from({ length: part.text.length }, (_, i) => ({ token: part.text.charAt(i), offset: part.offset + i }))
      : [{ token: part, offset: part.offset }],
  );
}

/** Adds to a run of characters and placeholders; neighbouring characters are one text. */
export function addToken(parts: (string | Placeholder)[], token: string | Placeholder): void {
  const last = parts.at(-1);
  if (typeof token === "string" && typeof last === "string") parts[parts.length - 1] = last + token;
  else parts.push(token);
}
