import type { Mapping, Value } from "../../src/core/value.ts";
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
