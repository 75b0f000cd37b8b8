import { isEmpty, toText } from "../core/value.ts";
import { interpolate } from "../template/interpolate.ts";
import type { Scope } from "../template/scope.ts";
import { type Template, walkSteps } from "../template/template.ts";

/** What the operation is about: its `target`, else the resource of its first lock. Null: nothing in particular. */
export function targetOf(template: Template, scope: Scope): string | null {
  const firstLock = [...walkSteps(template.steps)].find(({ type }) => type === "lock");
  const written = template.operation.target ?? firstLock?.config.resource;
  if (isEmpty(written)) return null;
  let unset = false;
  const target = toText(
    interpolate(written, scope, () => {
      unset = true;
    }),
  );
  return unset || target === "" ? null : target;
}
