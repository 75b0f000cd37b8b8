import { GarzaError } from "../../src/core/problem.ts";
import type { Mapping, Value } from "../../src/core/value.ts";
import { evaluate } from "../../src/template/evaluate.ts";
import { parseExpression } from "../../src/template/expression.ts";
import { Scope } from "../../src/template/scope.ts";

/** A scope in which `names` are set, with one environment variable, one secret, one service and one held lock. */
export function scopeWith(names: Record<string, Value> = {}, builtIn: Mapping = {}): Scope {
  const scope = new Scope({
    builtIn,
    env: (name) => (name === "HOME" ? "/home/op" : undefined),
    secret: (name) => (name === "TOKEN" ? "s3cret!" : undefined),
    service: (name) => (name === "web" ? { host: "fly-1", health_check: { url: "http://web/health" } } : undefined),
    lockToken: (resource) => (resource === "deploy/web" ? 41 : undefined),
    now: () => Date.UTC(2024, 4, 6, 7, 8, 9),
  });
  for (const [name, value] of Object.entries(names)) scope.set(name, value);
  return scope;
}

/** Names of every kind, for expressions to use. */
export const names: Record<string, Value> = {
  name: "web",
  "service-name": "api",
  hostile: "' == '' OR 'x' == 'x",
  flag: true,
  off: false,
  zero: 0,
  three: 3,
  number_text: "3.0",
  empty: "",
  nothing: null,
  list: ["b", "a", 10, "9"],
  none: [],
  state: { status: "ok", "a.b": 1, nested: { deep: [{ x: 1 }] }, length: "own" },
};
export const value = (text: string, scope: Scope = scopeWith(names)) => evaluate(parseExpression(text), scope);

/** Why an expression is refused. */
export function refusal(text: string, scope: Scope = scopeWith(names)): string {
  try {
    value(text, scope);
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.message;
    throw thrown;
  }
  throw new Error(`${text} was accepted`);
}
