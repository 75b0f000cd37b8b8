/** From the parser's nodes to ours: an allow-list, with functions and their number of arguments checked. */
import { didYouMean } from "../core/nearest.ts";
import type { Arithmetic, Comparison, Expression } from "./expression.ts";
import { ExpressionError } from "./expression-error.ts";
import { functions } from "./functions.ts";
import type { Tree } from "./grammar.ts";

/** Evaluation, printing and this walk call themselves once a level. */
const deepest = 300;

/** Throws `ExpressionError` for anything the language does not have. */
export function narrow(tree: Tree, outer = tree.offset ?? 0, depth = 0): Expression {
  // The inner parts of `a.b.c` have no place of their own: they begin where the whole does.
  const offset = tree.offset ?? outer;
  if (depth > deepest) throw new ExpressionError("the expression is nested too deeply", offset);
  const child = (key: string) => narrow(tree[key] as Tree, offset, depth + 1);
  const children = (key: string) => (tree[key] as Tree[]).map((each) => narrow(each, offset, depth + 1));
  switch (tree.type) {
    case "Literal":
      return { type: "literal", value: literal(tree.value, offset), offset };
    case "Text":
      return { type: "text", parts: children("parts"), offset };
    case "ArrayExpression":
      return { type: "list", items: children("elements"), offset };
    case "Identifier":
      return { type: "name", name: tree.name as string, offset };
    case "MemberExpression":
      return member(tree, child, offset);
    case "UnaryExpression":
      return { type: "unary", operator: tree.operator as "!" | "-", argument: child("argument"), offset };
    case "BinaryExpression":
      return binary(tree.operator as Operator, child("left"), child("right"));
    case "ConditionalExpression":
      return conditional(child("test"), child("consequent"), child("alternate"));
    case "CallExpression":
      return call(tree.callee as Tree, children("arguments"), offset);
    default:
      throw new ExpressionError("this is not part of the expression language", offset);
  }
}

function literal(value: unknown, offset: number): null | boolean | number | string {
  if (typeof value === "number" && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
    throw new ExpressionError("this number is too large to be kept exactly", offset, "Write it as text, in quotes.");
  }
  return value as null | boolean | number | string;
}

function member(tree: Tree, child: (key: string) => Expression, offset: number): Expression {
  if (tree.optional)
    throw new ExpressionError("unexpected ?.", offset, "A field of empty is empty: write a plain dot.");
  const of = child("object");
  if (!tree.computed) return { type: "member", of, name: (tree.property as Tree).name as string, offset };
  const index = child("property");
  if (index.type !== "literal" || typeof index.value !== "string") return { type: "index", of, index, offset };
  return { type: "member", of, name: index.value, offset };
}

type Operator = Comparison | Arithmetic | "&&" | "||";

function binary(operator: Operator, left: Expression, right: Expression): Expression {
  const { offset } = left;
  if (operator === "&&" || operator === "||") return { type: "logical", operator, left, right, offset };
  return { type: "binary", operator, left, right, offset };
}

function conditional(test: Expression, yes: Expression, no: Expression): Expression {
  return { type: "conditional", test, yes, no, offset: test.offset };
}

function call(callee: Tree, given: Expression[], offset: number): Expression {
  if (callee.type !== "Identifier") throw new ExpressionError("only functions can be called", offset);
  const name = callee.name as string;
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!known) {
    throw new ExpressionError(
      `there is no function ${name}`,
      offset,
      didYouMean(name, Object.keys(functions)).trim() || undefined,
    );
  }
  if (given.length < known.least || given.length > known.most) {
    throw new ExpressionError(
      `${name} takes ${amount(known.least, known.most)}, not ${given.length}`,
      offset,
      known.usage,
    );
  }
  return { type: "call", name, arguments: given, offset };
}

function amount(least: number, most: number): string {
  const count = least === most ? `${least}` : `${least} to ${most}`;
  return `${count} argument${most === 1 ? "" : "s"}`;
}
