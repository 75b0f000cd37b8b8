/** From a template's name and its parameters to what the journal keeps (J0). Nothing is run or changed here. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { contained } from "../core/files.ts";
import { operationId } from "../core/ids.ts";
import type { Fault } from "../core/problems.ts";
import type { Mapping, Value } from "../core/value.ts";
import type { Submission } from "../queue/queue.ts";
import type { TemplateSource } from "../template/library.ts";
import { bindParameters, type Given } from "../template/parameters.ts";
import { readTemplate } from "../template/read.ts";
import { Scope } from "../template/scope.ts";
import { type Template, walkSteps } from "../template/template.ts";
import { splitSecrets } from "./parameter-secrets.ts";
import { readLoopsOf } from "./read-loops.ts";
import type { RunStart } from "./run.ts";
import { targetOf } from "./target.ts";
import type { ReadOnlyWorld } from "./world.ts";

export type Request = {
  parameters: Record<string, Given>;
  askedBy: string;
  priority: number;
  parent: { id: string; step: string } | null;
  key?: string;
  /** Replaces the template's own `operation.timeout`. */
  timeout?: string;
};

export type Prepared = {
  submission: Submission;
  template: Template;
  warnings: Fault[];
  /** Values of secret parameters, by name: whoever submits it keeps them first. */
  secrets: Map<string, string>;
  start: Pick<RunStart, "template" | "askedBy" | "parameters" | "attached" | "readLoops">;
};

/** Throws `template-invalid`, `parameters`. */
export function prepare(world: ReadOnlyWorld, source: TemplateSource, request: Request): Prepared {
  const { template, warnings } = validate(world, source);
  if (request.timeout !== undefined) template.operation.timeout = request.timeout;
  const parameters = bindParameters(template, request.parameters);
  const id = operationId(world.clock.now());
  const { stored, secrets } = splitSecrets(template, parameters);
  const attached = attachedTexts(world, template);
  const { name, type } = template.operation;
  const submission: Submission = {
    id,
    template: template.name,
    name,
    type,
    template_text: template.text,
    template_hash: createHash("sha256").update(template.text).digest("hex"),
    attached: JSON.stringify(attached),
    parameters: JSON.stringify(stored),
    target: targetOf(template, parameterScope(parameters)),
    parent: request.parent?.id ?? null,
    parent_step: request.parent?.step ?? null,
    asked_by: request.askedBy,
    priority: request.priority,
    ...(request.key !== undefined && { idempotency_key: request.key }),
  };
  const start = { template, askedBy: request.askedBy, parameters, attached, readLoops: readLoopsOf(template) };
  return { submission, template, warnings, secrets, start };
}

type Validation = { template: Template; warnings: Fault[] };
type Reading = Pick<ReadOnlyWorld, "library" | "stepTypes"> & { root: string };

export const validate = ({ places, library, stepTypes }: ReadOnlyWorld, source: TemplateSource): Validation =>
  validateWith({ root: places.root, library, stepTypes }, source);

/** Reads a template in its root: its scripts must be there, its children valid. Throws `template-invalid`. */
export function validateWith({ root, library, stepTypes }: Reading, source: TemplateSource): Validation {
  return readTemplate(source, stepTypes, {
    exists: (path) => existsSync(contained(root, path)),
    loadChild: (name) => library.find(name),
  });
}

/** The journaled text counts: a template that was attached is not read from the folder again. */
export function findTemplate(
  world: ReadOnlyWorld,
  name: string,
  attached: Readonly<Record<string, string>>,
): TemplateSource {
  const text = Object.hasOwn(attached, name) ? attached[name] : undefined;
  return text === undefined ? world.library.find(name) : { name, file: name, text };
}

/** Child templates and scripts with fixed names, and their children's. */
function attachedTexts(
  world: ReadOnlyWorld,
  template: Template,
  found: Record<string, string> = Object.create(null),
): Record<string, string> {
  for (const step of walkSteps([...template.steps, ...template.rollback.steps])) {
    const name = fixed(step.config[step.type === "load_operation" ? "template" : "script"]);
    if (name === null || Object.hasOwn(found, name)) continue;
    if (step.type === "load_operation") {
      const source = world.library.find(name);
      found[name] = source.text;
      attachedTexts(world, validate(world, source).template, found);
    } else if (step.type === "script") {
      found[name] = readFileSync(contained(world.places.root, name), "utf8");
    }
  }
  return found;
}

const fixed = (value: Value | undefined) => (typeof value === "string" && !value.includes("${") ? value : null);

function parameterScope(parameters: Mapping): Scope {
  const nothing = () => undefined;
  const scope = new Scope({
    builtIn: {},
    env: nothing,
    secret: nothing,
    service: nothing,
    lockToken: nothing,
    now: () => 0,
  });
  for (const [name, value] of Object.entries(parameters)) scope.set(name, value);
  return scope;
}
