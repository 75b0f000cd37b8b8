/** The meaning of expressions: a walk over our own tree, own properties only, never over a prototype. */
import { type GarzaError, problem } from "../core/problem.ts";
import { isEmpty, isMapping, toText, type Value } from "../core/value.ts";
import { asNumber, truthy } from "./comparison.ts";
import type { Call, Chain, Expression } from "./expression.ts";
import { formatExpression } from "./format-expression.ts";
import { functions } from "./functions.ts";
import { operators } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { argumentUse, operandUse, partUse, type Use } from "./uses.ts";

export { looseEquals, truthy } from "./comparison.ts";

/**
 * Told each name or field that is not set, as it could be written. `compared`: it was only tested or
 * compared, which is no use of its value. Where a default follows (`x || ''`), nothing is told.
 */
export type OnUnset = (source: string, compared: boolean) => void;

/** Undefined: a name that is not set, or a field of it. Throws `value-refused`. */
export function evaluate(expression: Expression, scope: Scope, onUnset?: OnUnset): Value | undefined {
  return run(expression, "value", { scope, onUnset });
}

/** Whether a condition holds. Throws `value-refused`. */
export function holds(condition: Expression, scope: Scope, onUnset?: OnUnset): boolean {
  return truthy(run(condition, "test", { scope, onUnset }));
}

type Context = { scope: Scope; onUnset: OnUnset | undefined };

function run(expression: Expression, use: Use, context: Context): Value | undefined {
  switch (expression.type) {
    case "literal":
      return expression.value;
    case "list":
      return expression.items.map((item) => run(item, partUse(use), context) ?? null);
    case "text":
      return expression.parts.map((part) => toText(run(part, partUse(use), context))).join("");
    case "name":
    case "member":
    case "index":
      return told(look(expression, context), expression, use, context);
    case "call":
      return told(call(expression, use, context), expression, use, context);
    case "unary":
      return unary(expression, context);
    case "binary":
      return binary(expression, context);
    case "logical":
      return logical(expression, use, context);
    case "conditional":
      return run(truthy(run(expression.test, "test", context)) ? expression.yes : expression.no, use, context);
  }
}

type Node<Type> = Extract<Expression, { type: Type }>;

function unary(expression: Node<"unary">, context: Context): Value {
  const { operator, argument } = expression;
  if (operator === "!") return !truthy(run(argument, "test", context));
  return operators["-"](0, run(argument, "value", context), because(expression));
}

function binary(expression: Node<"binary">, context: Context): Value {
  const { operator, left, right } = expression;
  const use = operandUse(operator);
  return operators[operator](run(left, use, context), run(right, use, context), because(expression));
}

function logical({ operator, left, right }: Node<"logical">, use: Use, context: Context): Value | undefined {
  if (operator === "&&") return truthy(run(left, "test", context)) ? run(right, use, context) : false;
  const first = run(left, "fallback", context);
  return truthy(first) ? first : run(right, use, context);
}

function call(expression: Call, use: Use, { scope, onUnset }: Context): Value | undefined {
  const { name } = expression;
  const given = expression.arguments.map(
    (argument, i) => run(argument, argumentUse(name, i, use), { scope, onUnset }) ?? null,
  );
  return functions[name]?.call(given, { surroundings: scope.surroundings, refused: because(expression) });
}

function told(value: Value | undefined, expression: Expression, use: Use, { onUnset }: Context): Value | undefined {
  if (value === undefined && use !== "fallback") onUnset?.(formatExpression(expression), use === "test");
  return value;
}

function look(chain: Chain, context: Context): Value | undefined {
  const { scope } = context;
  if (chain.type === "name") {
    if (placeOf(chain, scope)) throw because(chain)("is never a value as a whole", `Write ${chain.name}.NAME.`);
    return scope.get(chain.name);
  }
  const key = chain.type === "member" ? chain.name : run(chain.index, "value", context);
  if (isEmpty(key)) return undefined;
  const place = placeOf(chain.of, scope);
  if (place) return place(scope, toText(key));
  const whole = isChain(chain.of) ? look(chain.of, context) : run(chain.of, "value", context);
  return field(serviceOf(chain.of, whole, scope) ?? whole, key);
}

const isChain = (expression: Expression): expression is Chain =>
  expression.type === "name" || expression.type === "member" || expression.type === "index";

/** Where names are looked up that only exist as `env.NAME`, unless the template sets one of these words itself. */
const places: Record<string, (scope: Scope, name: string) => Value | undefined> = {
  env: ({ surroundings }, name) => surroundings.env(name),
  secret: ({ surroundings }, name) => surroundings.secret(name),
  steps: (scope, name) => scope.step(name),
  lock({ surroundings }, name) {
    const token = surroundings.lockToken(name);
    return token === undefined ? undefined : { token };
  },
};

function placeOf(expression: Expression, scope: Scope) {
  if (expression.type !== "name" || scope.has(expression.name)) return undefined;
  return Object.hasOwn(places, expression.name) ? places[expression.name] : undefined;
}

/** The registry entry of a loop variable that names a service. */
function serviceOf(expression: Expression, value: Value | undefined, scope: Scope): Value | undefined {
  const isLoopVariable = expression.type === "name" && scope.isLoopVariable(expression.name);
  return isLoopVariable && typeof value === "string" ? scope.surroundings.service(value) : undefined;
}

function field(whole: Value | undefined, key: Value): Value | undefined {
  if (isMapping(whole)) return Object.hasOwn(whole, toText(key)) ? whole[toText(key)] : undefined;
  if (key === "length") return lengthOf(whole);
  return Array.isArray(whole) ? whole[asNumber(key) ?? -1] : undefined;
}

/** Elements of a list, characters of a text; empty has none, as it has no field. */
function lengthOf(value: Value | undefined): number | undefined {
  if (Array.isArray(value)) return value.length;
  return typeof value === "string" && value !== "" ? [...value].length : undefined;
}

/** Makes the problem for what an expression does with its values. It says their kinds, never the values. */
function because(expression: Expression): (why: string, hint?: string) => GarzaError {
  return (message, hint) => {
    const where = formatExpression(expression);
    const short = where.length > 120 ? `${where.slice(0, 119)}…` : where;
    return problem({ kind: "value-refused", code: "E_TYPE", where: short, message, ...(hint && { hint }) });
  };
}
