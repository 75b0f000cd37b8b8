import type { Expression } from "./expression.ts";

/** The expression as it could be written: for messages, and the same tree when it is read again. */
export function formatExpression(expression: Expression): string {
  switch (expression.type) {
    case "literal":
      return typeof expression.value === "string" ? quote(expression.value) : String(expression.value);
    case "list":
      return `[${expression.items.map(formatExpression).join(", ")}]`;
    case "text":
      return `'${expression.parts.map(part).join("")}'`;
    case "name":
      return expression.name;
    case "member":
      return (
        base(expression.of) + (plainField.test(expression.name) ? `.${expression.name}` : `[${quote(expression.name)}]`)
      );
    case "index":
      return `${base(expression.of)}[${formatExpression(expression.index)}]`;
    case "unary":
      return expression.operator + operand(expression.argument);
    case "binary":
    case "logical":
      return `${operand(expression.left)} ${expression.operator} ${operand(expression.right)}`;
    case "conditional":
      return `${operand(expression.test)} ? ${operand(expression.yes)} : ${operand(expression.no)}`;
    case "call":
      return `${expression.name}(${expression.arguments.map(formatExpression).join(", ")})`;
  }
}

const plainField = /^[\p{L}_][\p{L}\p{N}\p{M}_]*(?:-+[\p{L}\p{N}\p{M}_]+)*$/u;
const loose: ReadonlySet<Expression["type"]> = new Set(["binary", "logical", "conditional"]);

const part = (expression: Expression) =>
  expression.type === "literal" ? escaped(String(expression.value)) : `\${${formatExpression(expression)}}`;

const operand = (expression: Expression) =>
  loose.has(expression.type) ? `(${formatExpression(expression)})` : formatExpression(expression);

/** What a field or an index can follow: a number would take the dot for its own. */
const base = (expression: Expression) =>
  expression.type === "unary" || expression.type === "literal"
    ? `(${formatExpression(expression)})`
    : operand(expression);

const quote = (text: string) => `'${escaped(text)}'`;

const escaped = (text: string) =>
  text
    .replace(/[\\']/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll("${", "$$${");
