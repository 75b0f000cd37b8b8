/** What the parameters alone decide: steps that will run for certain, and the parameters they lack. */
import { GarzaError } from "../core/problem.ts";
import { isEmpty, type Value } from "../core/value.ts";
import { holds } from "./evaluate.ts";
import { parseExpression } from "./expression.ts";
import { references } from "./references.ts";
import type { Scope } from "./scope.ts";
import { type Step, type Template, walkSteps } from "./template.ts";

/** `scope` holds the parameters that have a value. */
export function missingNeeds(template: Template, scope: Scope): string[] {
  const parameters = new Set(template.parameters.map(({ name }) => name));
  const certain = { parameters, scope, taken: new Set<string>() };
  const missing = new Map<string, string>();
  for (const step of certainSteps(template.steps, certain)) {
    for (const name of step.needs ?? []) {
      if (!scope.has(name) && !certain.taken.has(name) && !missing.has(name)) missing.set(name, step.name);
    }
  }
  return [...missing].map(([name, step]) => `needs parameter ${name}: step ${step} uses it`);
}

type Certain = {
  parameters: ReadonlySet<string>;
  scope: Scope;
  /** Names that steps may have set by now: what was given no longer counts for sure. */
  taken: Set<string>;
};

function* certainSteps(steps: readonly Step[], certain: Certain): Generator<Step> {
  for (const step of steps) {
    if (decide(step.options.when ?? true, certain) === true) {
      yield step;
      for (const list of certainLists(step, certain)) yield* certainSteps(list, certain);
    }
    for (const each of walkSteps([step])) for (const name of each.sets ?? []) certain.taken.add(name);
  }
}

function certainLists({ type, config, nested }: Step, certain: Certain): Step[][] {
  if (type === "parallel" || type === "wait_for") return Object.values(nested);
  if (type !== "conditional") return [];
  const decided = decide(config.condition, certain);
  const list = decided === undefined ? undefined : decided ? nested.steps : nested.else;
  return list ? [list] : [];
}

/** Undefined: only a run can know. */
function decide(condition: Value | undefined, { parameters, scope, taken }: Certain): boolean | undefined {
  if (typeof condition === "boolean") return condition;
  if (typeof condition !== "string" || isEmpty(condition)) return undefined;
  try {
    const expression = parseExpression(condition);
    const isOurs = references(expression, true).every(({ root }) => parameters.has(root) && !taken.has(root));
    return isOurs ? holds(expression, scope) : undefined;
  } catch (thrown) {
    if (thrown instanceof GarzaError) return undefined;
    throw thrown;
  }
}
