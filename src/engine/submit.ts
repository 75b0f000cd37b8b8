/** From a template's name and its parameters to what the journal keeps (J0). Nothing is run or changed here. */
import { existsSync, readFileSync } from "node:fs";
import { contained } from "../core/files.ts";
import { sha256 } from "../core/hash.ts";
import { operationId } from "../core/ids.ts";
import { GarzaError } from "../core/problem.ts";
import type { Fault } from "../core/problems.ts";
import { type Mapping, toText, type Value } from "../core/value.ts";
import type { Inventory } from "../hosts/inventory.ts";
import type { Submission } from "../queue/queue.ts";
import { interpolate } from "../template/interpolate.ts";
import type { TemplateSource } from "../template/library.ts";
import { bindParameters, type Given } from "../template/parameters.ts";
import { readTemplate } from "../template/read.ts";
import { Scope } from "../template/scope.ts";
import { type Template, walkSteps } from "../template/template.ts";
import { type HostsRequest, hostsOf } from "./hosts-of.ts";
import { splitSecrets } from "./parameter-secrets.ts";
import { targetOf } from "./target.ts";
import type { ReadOnlyWorld } from "./world.ts";

export type Request = {
  parameters: Record<string, Given>;
  askedBy: string;
  priority: number;
  parent: { id: string; step: string } | null;
  key?: string | undefined;
  /** Replaces the template's own `operation.timeout`. */
  timeout?: string | undefined;
  /** Milliseconds since 1970. */
  notBefore?: number | undefined;
  notAfter?: number | undefined;
  retryOf?: string;
};

export type Prepared = {
  submission: Submission;
  template: Template;
  warnings: Fault[];
  /** Values of secret parameters, by name: whoever submits it keeps them first. */
  secrets: Map<string, string>;
};

/** Throws `template-invalid`, `parameters`. */
export function prepare(world: ReadOnlyWorld, source: TemplateSource, request: Request): Prepared {
  const { template, warnings } = validateOnce(world, source);
  const parameters = bindParameters(template, request.parameters);
  const id = operationId(world.clock.now());
  const { stored, secrets } = splitSecrets(template, parameters);
  const { name, type, concurrency_group: group, exclusive } = template.operation;
  const { parent } = request;
  const scope = parameterScope(parameters);
  const fill = (text: string | undefined) => (text === undefined ? "" : toText(interpolate(text, scope, () => {})));
  const submission: Submission = {
    id,
    template: template.name,
    name,
    type,
    template_text: template.text,
    template_hash: sha256(template.text),
    attached: JSON.stringify(attachedTexts(world, template)),
    parameters: JSON.stringify(stored),
    target: targetOf(template, scope),
    // A nested operation runs in its parent's place.
    concurrency_group: parent === null ? fill(group) || null : null,
    exclusive: parent === null && fill(exclusive) !== "" ? 1 : 0,
    hosts: JSON.stringify(parent === null ? hostsOf(template, parameters, hostsIn(world)) : []),
    timeout: request.timeout ?? null,
    parent: parent?.id ?? null,
    parent_step: parent?.step ?? null,
    retry_of: request.retryOf ?? null,
    rollback_of: null,
    idempotency_key: request.key ?? null,
    asked_by: request.askedBy,
    priority: request.priority,
    not_before: request.notBefore ?? null,
    not_after: request.notAfter ?? null,
  };
  return { submission, template, warnings, secrets };
}

const hostsIn = (world: ReadOnlyWorld): HostsRequest => ({
  world,
  openScope: () => parameterScope({}),
  child: (name) => validateOnce(world, world.library.find(name)).template,
});

/** A batch asks for the same source again and again. */
function validateOnce(world: ReadOnlyWorld, source: TemplateSource): Validation {
  const known = validated.get(source) ?? validate(world, source);
  validated.set(source, known);
  return known;
}

const validated = new WeakMap<TemplateSource, Validation>();

type Validation = { template: Template; warnings: Fault[] };
/** Without the inventory no host is looked for. */
type Reading = Pick<ReadOnlyWorld, "library" | "stepTypes"> &
  Partial<Pick<ReadOnlyWorld, "inventory">> & { root: string };

export const validate = ({ places, ...reading }: ReadOnlyWorld, source: TemplateSource): Validation =>
  validateWith({ root: places.root, ...reading }, source);

/** Reads a template in its root: its scripts must be there, its children valid. Throws `template-invalid`. */
export function validateWith({ root, library, stepTypes, inventory }: Reading, source: TemplateSource): Validation {
  return readTemplate(source, stepTypes, {
    exists: (path) => existsSync(contained(root, path)),
    ...(inventory && { faultOfHost: (host) => faultOfHost(host, inventory) }),
    loadChild: (name) => library.find(name),
  });
}

function faultOfHost(host: string, inventory: Inventory): string | undefined {
  try {
    inventory.find(host);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    // What is wrong with the inventory itself is told by whoever needs it.
    if (thrown.problem.kind === "host-unknown") return thrown.message;
  }
  return undefined;
}

/** Reads a template as it was accepted: what was attached to it need not be in the folder any more. */
export function readAccepted(world: ReadOnlyWorld, source: TemplateSource, attached: Readonly<Record<string, string>>) {
  return readTemplate(source, world.stepTypes, {
    exists: (path) => Object.hasOwn(attached, path) || existsSync(contained(world.places.root, path)),
    loadChild: (name) => findTemplate(world, name, attached),
  }).template;
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
