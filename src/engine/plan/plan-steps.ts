import { messageOf } from "../../core/problem.ts";
import { isEmpty, type Mapping, toText, type Value } from "../../core/value.ts";
import type { PlanLine, Rendering, StepType } from "../../steps/step.ts";
import { isProbe } from "../../template/probe.ts";
import type { Scope } from "../../template/scope.ts";
import type { Step, Template } from "../../template/template.ts";
import { configure } from "../configure.ts";
import { planContext } from "../context.ts";
import { renderingOf } from "../rendering.ts";
import { findTemplate } from "../submit.ts";
import type { ReadOnlyWorld } from "../world.ts";
import type { PlanStep } from "./plan.ts";
import { fromStep, isUndecided } from "./unknown.ts";

export type Diff = { file: string; diff: string };

export type Planning = { world: ReadOnlyWorld; template: Template; scope: Scope; diffs: Diff[]; depth: number };

export async function planSteps(steps: readonly Step[], planning: Planning): Promise<PlanStep[]> {
  const planned: PlanStep[] = [];
  for (const step of steps) planned.push(await planStep(step, planning));
  return planned;
}

async function planStep(step: Step, planning: Planning): Promise<PlanStep> {
  const { world, template, scope } = planning;
  const type = world.stepTypes[step.type] as StepType;
  const rendering = renderingOf({ template, root: world.places.root, scope, where: step.name, warn: () => {} });
  const { when, continue_on_failure, optional } = step.options;
  const branch = step.type === "conditional" ? step.config.condition : undefined;
  const condition = typeof when === "string" ? when : branch === undefined ? null : toText(branch);
  const decided = condition === null ? true : decide(condition, rendering);
  const planned: PlanStep = {
    id: step.id,
    name: step.name,
    type: step.type,
    where: whereOf(step, rendering),
    condition,
    decided,
    cannot_fail: continue_on_failure === true || optional === true || isProbe(step, type),
    lines: await linesOf(step, type, planning, rendering),
    nested: await planNested(step, planning, rendering, branch === undefined ? null : decided),
  };
  for (const name of namesOf(step, type)) scope.set(name, fromStep(step.name));
  scope.setStep(step.name, { value: fromStep(step.name), status: fromStep(step.name), stdout: fromStep(step.name) });
  return planned;
}

const decide = (condition: string, rendering: Rendering): boolean | null =>
  isUndecided(condition, rendering.scope) ? null : rendering.condition(condition);

function whereOf({ config }: Step, rendering: Rendering): string {
  const host = config.host;
  return host === undefined ? "here" : toText(rendering.text(host));
}

function namesOf(step: Step, type: StepType): string[] {
  const output = step.options.output ?? type.defaultOutput?.(step.config);
  return [...(output === undefined ? [] : [output]), ...(type.sets?.(step.config) ?? [])];
}

/** A value that a run would refuse is shown as that: the plan goes on. */
async function linesOf(step: Step, type: StepType, planning: Planning, rendering: Rendering): Promise<PlanLine[]> {
  const context = {
    ...planContext(planning.world, rendering),
    decide: (condition: string) => decide(condition, rendering),
  };
  try {
    const config = configure(step, type, rendering);
    const more = await type.intent?.(config, context);
    if (more) addDiff(more, planning.diffs);
    return type.plan(config, context);
  } catch (thrown) {
    const filled = toText(rendering.text(step.config));
    if (filled.includes("⟨from step ")) return [{ label: step.type, text: filled }];
    return [{ label: "would fail", text: messageOf(thrown) }];
  }
}

function addDiff({ file, changes }: Mapping, diffs: Diff[]): void {
  if (typeof file !== "string" || !Array.isArray(changes) || changes.length === 0) return;
  const show = (value: Value | undefined) => JSON.stringify(value ?? null);
  const lines = (changes as { path: string; before?: Value; after?: Value }[]).flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`- ${path}: ${show(before)}`]),
    ...(after === undefined ? [] : [`+ ${path}: ${show(after)}`]),
  ]);
  diffs.push({ file, diff: lines.join("\n") });
}

/** Lists longer than this are shown once, with a placeholder for the item. */
const mostItems = 20;

async function planNested(
  step: Step,
  planning: Planning,
  rendering: Rendering,
  taken: boolean | null,
): Promise<PlanStep["nested"]> {
  const { scope } = planning;
  if (step.type === "load_operation") return planChild(step, planning, rendering);
  if (step.type === "foreach") {
    const name = toText(step.config.as ?? "item");
    const items = rendering.text(step.config.items ?? []);
    const known = Array.isArray(items) && items.length <= mostItems;
    const shown: [string, Value][] = known
      ? items.map((item) => [toText(item), item])
      : [["each", `⟨from step ${step.name}⟩`]];
    const nested: PlanStep["nested"] = [];
    for (const [key, item] of shown) {
      const inner = scope.nest();
      inner.setLoopVariable(name, item);
      nested.push({ key, steps: await planSteps(step.nested.steps ?? [], { ...planning, scope: inner }) });
    }
    return nested;
  }
  const nested: PlanStep["nested"] = [];
  for (const [key, list] of Object.entries(step.nested)) {
    // A decided condition shows the branch it takes; an undecided one shows both.
    if (taken !== null && taken !== (key === "steps")) continue;
    const own = step.type === "parallel" ? scope.nest() : scope;
    nested.push({ key, steps: await planSteps(list, { ...planning, scope: own }) });
  }
  return nested;
}

async function planChild(step: Step, planning: Planning, rendering: Rendering): Promise<PlanStep["nested"]> {
  const name = step.config.template;
  if (typeof name !== "string" || name.includes("${") || planning.depth >= 8) return [];
  const { plan } = await import("./plan.ts");
  const parameters = rendering.text(step.config.parameters ?? {}) as Mapping;
  const given = Object.entries(parameters).flatMap(([key, json]) => (isEmpty(json) ? [] : [[key, { json }] as const]));
  const source = findTemplate(planning.world, name, {});
  try {
    const child = await plan(planning.world, { source, parameters: Object.fromEntries(given), check: false });
    planning.diffs.push(...child.diffs);
    return [{ key: child.template, steps: child.steps }];
  } catch (thrown) {
    return [{ key: `${name}: ${messageOf(thrown)}`, steps: [] }];
  }
}
