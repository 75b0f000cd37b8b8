/** Names whose values only a run can know read `⟨from step x⟩` in a plan. */
import { type Mapping, toText, type Value } from "../../core/value.ts";
import { parseExpression } from "../../template/expression.ts";
import { references } from "../../template/references.ts";
import { Scope } from "../../template/scope.ts";
import { builtIns } from "../../template/surroundings.ts";
import type { Template } from "../../template/template.ts";
import type { ReadOnlyWorld } from "../world.ts";

const mark = "⟨from step ";
export const fromStep = (name: string): string => `${mark}${name}⟩`;
export const isUnknown = (value: Value | undefined) => toText(value).includes(mark);

export function planScope(world: ReadOnlyWorld, template: Template, parameters: Mapping): Scope {
  const scope = new Scope({
    builtIn: builtIns({
      startedAt: world.clock.now(),
      operation: { id: "⟨operation id⟩", name: template.operation.name },
      hostName: world.hostName,
      parameters: template.parameters,
    }),
    env: (name) => (Object.hasOwn(world.env, name) ? world.env[name] : undefined),
    secret: (name) => (world.secret(name) === undefined ? undefined : `⟨secret ${name}⟩`),
    service: (name) => world.services.entry(name),
    lockToken: () => "⟨fencing token⟩",
    now: () => world.clock.now(),
  });
  const secretNames = new Set(template.parameters.filter(({ type }) => type === "secret").map(({ name }) => name));
  for (const [name, value] of Object.entries(parameters)) {
    scope.set(name, secretNames.has(name) ? `⟨secret ${name}⟩` : value);
  }
  return scope;
}

/** Whether an expression rests on something that only a run can know. */
export function isUndecided(text: string, scope: Scope): boolean {
  return references(parseExpression(text)).some(({ root, path }) =>
    root === "steps" && !scope.has("steps") ? isUnknown(scope.step(path[0] ?? "")?.value) : isUnknown(scope.get(root)),
  );
}
