/** Which parameters a template can't do without. */

import { namesSetBy } from "./names.ts";
import type { Use } from "./reading.ts";
import type { StepShapes } from "./step-type.ts";
import type { Step } from "./template.ts";

/** What the analysis goes by. */
export type Needing = {
  shapes: StepShapes;
  uses: ReadonlyMap<Step, readonly Use[]>;
  /** Parameters of which the template itself says neither that they are required nor that they are not. */
  undecided: ReadonlySet<string>;
};

/** The undecided parameters whose value a step uses by itself: without them it can't run. What a description mentions may be missing. */
export function needsOf(step: Step, { uses, undecided }: Needing): string[] {
  const counted = (uses.get(step) ?? []).filter((use) => !use.compared && use.key !== "description");
  return [...new Set(counted.map(({ root }) => root).filter((root) => undecided.has(root)))];
}

/** The parameters that the steps which always run need, unless a step before has set the name. */
export function neededBySteps(
  steps: readonly Step[],
  needing: Needing,
  set: ReadonlySet<string> = new Set(),
): Set<string> {
  const needed = new Set<string>();
  const known = new Set(set);
  for (const step of steps) {
    if (step.options.when === undefined) {
      const inner = alwaysRun(step).map((list) => neededBySteps(list, needing, known));
      for (const name of [...needsOf(step, needing), ...inner.flatMap((names) => [...names])]) {
        if (!known.has(name)) needed.add(name);
      }
    }
    for (const name of namesSetIn(step, needing.shapes)) known.add(name);
  }
  return needed;
}

/** Nested lists that run whenever the step does: not those behind a condition, nor a loop's, which may be empty. */
function alwaysRun({ type, nested }: Step): Step[][] {
  return type === "parallel" || type === "wait_for" ? Object.values(nested) : [];
}

/** Names that are set once a step is done. What a loop's item or a branch sets stays in it. */
export function namesSetIn(step: Step, shapes: StepShapes): string[] {
  const isolated = step.type === "foreach" || step.type === "parallel";
  const inner = isolated ? [] : Object.values(step.nested).flat();
  return [...namesSetBy(step, { shapes }), ...inner.flatMap((each) => namesSetIn(each, shapes))];
}
