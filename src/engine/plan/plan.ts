/** What a run would do, with every value filled in that is known before it, changing nothing. */

import { GarzaError } from "../../core/problem.ts";
import type { Fault } from "../../core/problems.ts";
import { type Mapping, toText, type Value } from "../../core/value.ts";
import type { PlanLine } from "../../steps/step.ts";
import type { TemplateSource } from "../../template/library.ts";
import { bindParameters, type Given } from "../../template/parameters.ts";
import { type Parameter, type Template, walkSteps } from "../../template/template.ts";
import { checkPrerequisite } from "../prerequisites.ts";
import { renderingOf } from "../rendering.ts";
import { validate } from "../submit.ts";
import type { ReadOnlyWorld } from "../world.ts";
import { type Diff, planSteps } from "./plan-steps.ts";
import { isUnknown, planScope } from "./unknown.ts";

export type PlanStep = {
  id: string;
  name: string;
  type: string;
  /** `here`, or the host. */
  where: string;
  /** Its `when` or `condition`, as written. */
  condition: string | null;
  /** Null: only a run can know. */
  decided: boolean | null;
  /** Whatever it finds, the operation goes on. */
  cannot_fail: boolean;
  lines: PlanLine[];
  nested: { key: string; steps: PlanStep[] }[];
};

export type PlannedPrerequisite = { check: string; command: string; where: string; result?: "holds" | string };

export type Plan = {
  template: string;
  /** As resolved; secrets masked. */
  parameters: Mapping;
  prerequisites: PlannedPrerequisite[];
  locks: { resource: string; held_by: string | null }[];
  steps: PlanStep[];
  rollback: PlanStep[];
  diffs: Diff[];
  warnings: Fault[];
};

export type PlanRequest = {
  source: TemplateSource;
  parameters: Record<string, Given>;
  /** Runs the prerequisites too: commands that only look. */
  check: boolean;
};

/** Throws `template-invalid`, `parameters`. */
export async function plan(world: ReadOnlyWorld, { source, parameters, check }: PlanRequest): Promise<Plan> {
  const { template, warnings } = validate(world, source);
  const given = bindParameters(asFarAsKnown(template, parameters), parameters);
  const secretNames = new Set(template.parameters.filter(({ type }) => type === "secret").map(({ name }) => name));
  const scope = planScope(world, template, given);
  const diffs: Diff[] = [];
  const steps = await planSteps(template.steps, { world, template, scope, diffs, depth: 0 });
  return {
    template: template.name,
    parameters: Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, secretNames.has(name) ? "•••" : (value as Value)]),
    ),
    prerequisites: await planPrerequisites(world, template, scope, check),
    locks: await planLocks(world, template, scope),
    steps,
    rollback: await planSteps(template.rollback.steps, {
      world,
      template,
      scope: failureScope(scope),
      diffs: [],
      depth: 0,
    }),
    diffs,
    warnings,
  };
}

/** What only a run can know fits every type. */
function asFarAsKnown(template: Template, given: Readonly<Record<string, Given>>): Template {
  const parameters = template.parameters.map((parameter): Parameter => {
    const { name, required } = parameter;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const isOpen = value !== undefined && "json" in value && isUnknown(value.json);
    return isOpen ? { name, type: "string", required, allowDash: true } : parameter;
  });
  return { ...template, parameters };
}

function failureScope(scope: ReturnType<typeof planScope>) {
  const inner = scope.nest();
  inner.set("error_message", "⟨the error⟩");
  inner.set("failed_step", "⟨the failed step⟩");
  return inner;
}

async function planPrerequisites(
  world: ReadOnlyWorld,
  template: Template,
  scope: ReturnType<typeof planScope>,
  check: boolean,
): Promise<PlannedPrerequisite[]> {
  const rendering = renderingOf({ template, root: world.places.root, scope, where: "prerequisites", warn: () => {} });
  const signal = new AbortController().signal;
  return Promise.all(
    template.prerequisites.map(async (prerequisite) => {
      const { unlocked, command, host } = prerequisite;
      const planned = {
        check: toText(rendering.text(prerequisite.check)),
        command:
          command === undefined ? `unlocked ${toText(rendering.text(unlocked ?? ""))}` : rendering.shell(command).shown,
        where: host === undefined ? "here" : toText(rendering.text(host)),
      };
      if (!check) return planned;
      const failure = await checkPrerequisite({ world, own: [], signal }, prerequisite, rendering);
      return { ...planned, result: failure?.why ?? "holds" };
    }),
  );
}

async function planLocks(world: ReadOnlyWorld, template: Template, scope: ReturnType<typeof planScope>) {
  const rendering = renderingOf({ template, root: world.places.root, scope, where: "lock", warn: () => {} });
  const resources = [...walkSteps(template.steps)]
    .filter(({ type }) => type === "lock")
    .map(({ config }) => toText(rendering.text(config.resource ?? "")));
  return Promise.all(
    [...new Set(resources)].map(async (resource) => {
      try {
        const holder = await world.locks.holder(resource);
        const where = holder?.scope === "away" ? ` on ${holder.host}` : "";
        return { resource, held_by: holder ? `${holder.operator}${where} (${holder.operation})` : null };
      } catch (thrown) {
        if (!(thrown instanceof GarzaError)) throw thrown;
        return { resource, held_by: `nobody can tell whom: ${thrown.message}` };
      }
    }),
  );
}
