/** Which names an expression needs, for the checks that are made before anything runs. */
import type { Expression } from "./expression.ts";
import { argumentUse, operandUse, partUse, type Use } from "./uses.ts";

export type Reference = {
  root: string;
  /** Fields as far as they are written out: `steps.a.value` has `a` and `value`, `x[i].b` has none. */
  path: string[];
  /** Where it begins in the text that was parsed. */
  offset: number;
  /** It is only tested or compared, or a default follows: it may be empty without harm. */
  compared: boolean;
};

/** In reading order. `condition`: of a text whose result is only tested. */
export function references(expression: Expression, condition = false): Reference[] {
  return [...walk(expression, condition ? "test" : "value")];
}

/** The argument, when the whole expression is `raw(…)`. */
export function isRaw(expression: Expression): Expression | undefined {
  return expression.type === "call" && expression.name === "raw" ? expression.arguments[0] : undefined;
}

function* walk(expression: Expression, use: Use): Generator<Reference> {
  switch (expression.type) {
    case "literal":
      return;
    case "list":
      for (const item of expression.items) yield* walk(item, partUse(use));
      return;
    case "text":
      for (const part of expression.parts) yield* walk(part, partUse(use));
      return;
    case "name":
    case "member":
    case "index":
      yield* chain(expression, use);
      return;
    case "unary":
      yield* walk(expression.argument, expression.operator === "!" ? "test" : "value");
      return;
    case "binary":
      yield* walk(expression.left, operandUse(expression.operator));
      yield* walk(expression.right, operandUse(expression.operator));
      return;
    case "logical":
      yield* walk(expression.left, expression.operator === "&&" ? "test" : "fallback");
      yield* walk(expression.right, use);
      return;
    case "conditional":
      yield* walk(expression.test, "test");
      yield* walk(expression.yes, use);
      yield* walk(expression.no, use);
      return;
    case "call":
      for (const [i, argument] of expression.arguments.entries()) {
        yield* walk(argument, argumentUse(expression.name, i, use));
      }
  }
}

function* chain(expression: Expression, use: Use): Generator<Reference> {
  let path: string[] = [];
  const indexes: Expression[] = [];
  let base = expression;
  for (; base.type === "member" || base.type === "index"; base = base.of) {
    if (base.type === "member") path.unshift(base.name);
    else {
      indexes.unshift(base.index);
      path = base.index.type === "literal" ? [String(base.index.value), ...path] : [];
    }
  }
  if (base.type === "name") yield { root: base.name, path, offset: base.offset, compared: use !== "value" };
  else yield* walk(base, "value");
  for (const index of indexes) yield* walk(index, "value");
}
