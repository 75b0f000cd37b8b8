/** What templates there are, what they take, what is wrong with them. */
import type { Questions, StepOutline, TemplateEntry, Validation } from "../api/questions.ts";
import { GarzaError } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import { validate } from "../engine/submit.ts";
import type { World } from "../engine/world.ts";
import type { TemplateSource } from "../template/library.ts";
import { type Parameter, type Step, walkSteps } from "../template/template.ts";
import { registries } from "./world.ts";

export function openTemplateAnswers(
  world: World,
  shown: <Answer extends object>(answer: Answer) => Answer,
): Pick<Questions, "templates" | "template" | "validate"> {
  const { library } = world;
  return {
    async templates() {
      const entries: TemplateEntry[] = [];
      for (const { name, file } of library.list()) {
        entries.push({ name, file, built_in: file.startsWith("built-in:"), ...headOf(world, name) });
        // Reading all of them takes a while, in which nothing else would go on.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      return shown(entries);
    },

    async template(name) {
      const { template, warnings } = validate({ ...world, ...registries(world) }, library.find(name));
      const { file, operation, parameters, prerequisites, steps, rollback } = template;
      return shown({
        name: template.name,
        file,
        operation: { ...operation },
        parameters: parameters.map(parameterDocument),
        prerequisites: prerequisites.map(({ check }) => check),
        steps: outline(steps),
        rollback: outline(rollback.steps),
        warnings,
      });
    },

    validate: async (text, name) => shown(faultsOf(world, { name, file: name, text })),
  };
}

function headOf(world: World, name: string): Pick<TemplateEntry, "valid" | "type" | "summary"> {
  try {
    const { type, description } = validate(world, world.library.find(name)).template.operation;
    return { valid: true, type, summary: description };
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    return { valid: false, type: null, summary: null };
  }
}

function faultsOf(world: World, source: TemplateSource): Validation {
  try {
    return { valid: true, faults: validate({ ...world, ...registries(world) }, source).warnings };
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "template-invalid") throw thrown;
    return { valid: false, faults: thrown.problem.faults };
  }
}

function parameterDocument({ allowDash, untyped: _, ...parameter }: Parameter): Mapping {
  return { ...parameter, allow_dash: allowDash };
}

const outline = (steps: Step[]): StepOutline[] =>
  [...walkSteps(steps)].map(({ id, name, type }) => ({ id, name, type }));
