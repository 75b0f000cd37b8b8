/** The texts of steps: their languages, and the names that each of them sees. */

import { checkName, type KnownNames, registryFields, type Where } from "./names.ts";
import { type Node, nodeOf } from "./node.ts";
import { type Reading, shapeOf, type Use } from "./reading.ts";
import { optionKeys, optionLanguages } from "./step-keys.ts";
import type { KeyLanguage } from "./step-type.ts";
import type { Step } from "./template.ts";
import { type TextChecking, usesIn, usesInCheck } from "./text-uses.ts";

export type Checking = Reading & TextChecking & { known: KnownNames };

/** Checks every text of the steps and of those in them; keeps in `uses` what each refers to. */
export function checkSteps(steps: readonly Step[], where: Where, checking: Checking): void {
  for (const step of steps) {
    const uses = usesOfStep(step, checking);
    checking.uses.set(step, uses);
    const sees = step.type === "filter" ? pickingIn(where, checking.known) : where;
    for (const use of uses) checkName(use, sees, checking.known, checking.report);
    const inside = bindingIn(step, where, checking);
    for (const list of Object.values(step.nested)) checkSteps(list, inside, checking);
    checkSteps(step.undo, { ...where, failing: true }, checking);
  }
}

/** Texts outside the steps. */
export function checkText(node: Node | undefined, language: KeyLanguage, where: Where, checking: Checking): Use[] {
  if (!node) return [];
  const uses = usesIn(node, language, checking);
  for (const use of uses) checkName(use, where, checking.known, checking.report);
  return uses;
}

function usesOfStep(step: Step, checking: Checking): Use[] {
  const node = checking.written.get(step);
  const languages = shapeOf(checking.shapes, step.type)?.languages ?? {};
  return [...Object.keys(step.options), ...Object.keys(step.config)].flatMap((key) => {
    const value = key === "output" || key === "as" ? undefined : nodeOf(node, key);
    if (!value) return [];
    const isCheck = key === "check" && optionKeys.includes(key);
    const uses = isCheck
      ? usesInCheck(value, checking)
      : usesIn(value, optionLanguages[key] ?? languages[key] ?? "text", checking);
    return uses.map((use) => ({ ...use, key }));
  });
}

/** A filter looks at each item with what its loop set, and with the registry's fields. */
function pickingIn({ bound: _, ...where }: Where, known: KnownNames): Where {
  return { ...where, also: [...(where.also ?? []), ...registryFields, ...known.loopVariables, "service"] };
}

function bindingIn(step: Step, where: Where, { shapes }: Reading): Where {
  if (Object.keys(step.nested).length === 0) return where;
  const bound = shapeOf(shapes, step.type)?.binds?.(step.config) ?? [];
  return bound.length === 0 ? where : { ...where, bound: [...(where.bound ?? []), ...bound] };
}
