/** On which hosts a template works, as far as that is known before it runs. */
import { GarzaError } from "../core/problem.ts";
import { isEmpty, isMapping, type Mapping, toText, type Value } from "../core/value.ts";
import { knownAs, thisMachine } from "../hosts/known-as.ts";
import { anyHost } from "../queue/apart.ts";
import { itemsOf, itemsSchema } from "../steps/items.ts";
import type { StepType } from "../steps/step.ts";
import { checkKind } from "../template/check-kind.ts";
import { interpolate } from "../template/interpolate.ts";
import { knownNames } from "../template/names.ts";
import { references } from "../template/references.ts";
import type { Scope } from "../template/scope.ts";
import type { Step, Template } from "../template/template.ts";
import { parseText } from "../template/text.ts";
import { doneThere } from "./is-there.ts";
import type { ReadOnlyWorld } from "./world.ts";

export type HostsRequest = {
  world: Pick<ReadOnlyWorld, "stepTypes" | "inventory" | "services">;
  /** An empty one. */
  openScope(): Scope;
  child(name: string): Template;
};

/** Every name of each; `anyHost` where only the run will know. */
export function hostsOf(template: Template, parameters: Mapping, request: HostsRequest): string[] {
  const { inventory } = request.world;
  try {
    const written = new Set<Written>();
    for (const host of ofTemplate(template, parameters, { ...request, depth: 0, looks: { left: mostLooks } })) {
      written.add(host);
      if (host === anyHost || written.size > mostHosts) return [anyHost];
    }
    return [...new Set([...written].flatMap((host) => (host === null ? [thisMachine] : knownAs(host, inventory))))];
  } catch (thrown) {
    // A registry that can't be read is told by the step that needs it.
    if (!(thrown instanceof GarzaError)) throw thrown;
    return [anyHost];
  }
}

/** The keys that tell where a step works. */
const saying = ["host", "service", "method", "template", "parameters"] as const;
const deepest = 8;
/** Steps that are looked at: loops within loops would keep all others waiting. */
const mostLooks = 10_000;

/** So many names are looked up, each of which may take OpenSSH. */
const mostHosts = 100;

type Looking = HostsRequest & { depth: number; looks: { left: number } };

function* ofTemplate(template: Template, parameters: Mapping, request: Looking): Generator<Written> {
  const { stepTypes, services } = request.world;
  const { outputs, loopVariables } = knownNames(template, { shapes: stepTypes });
  const top = request.openScope();
  for (const { name, type } of template.parameters) {
    const value = parameters[name];
    // What is recorded of it anybody may read.
    if (type === "secret" || value === undefined || outputs.has(name) || loopVariables.has(name)) continue;
    top.set(name, value);
  }

  function* ofSteps(steps: readonly Step[], scope: Scope): Generator<Written> {
    for (const step of steps) {
      yield* ofStep(step, scope);
      yield* ofSteps(step.undo, scope);
      for (const inner of insides(step, stepTypes[step.type], scope))
        for (const list of Object.values(step.nested)) yield* ofSteps(list, inner);
    }
  }

  function* ofStep({ type, config, options }: Step, scope: Scope): Generator<Written> {
    if (--request.looks.left < 0) yield anyHost;
    const filled = { ...config };
    for (const key of saying) if (config[key] !== undefined) filled[key] = decided(config[key], scope);
    if (type === "load_operation") yield* ofChild(filled);
    for (const host of stepTypes[type]?.worksOn?.(filled, services) ?? []) yield isEmpty(host) ? null : toText(host);
    const looks = typeof options.check === "string" && checkKind(options.check) !== "condition";
    if (looks && !doneThere.has(type)) yield null;
  }

  function* ofChild({ template: name, parameters: given = {} }: Mapping): Generator<Written> {
    if (typeof name !== "string" || name === anyHost || !isMapping(given)) return yield anyHost;
    if (request.depth === deepest) return yield anyHost;
    const child = request.child(name);
    const bound = boundOf(child, given, request.openScope());
    yield* ofTemplate(child, bound, { ...request, depth: request.depth + 1 });
  }

  for (const { command, host } of template.prerequisites)
    if (command !== undefined) yield host === undefined ? null : toText(decided(host, top));
  yield* ofSteps([...template.steps, ...template.rollback.steps], top);
  for (const list of Object.values(template.notifications)) yield* ofSteps(list, top);
}

/** A host as written, null for this machine. */
type Written = string | null;

/** Without those that only the run will know. */
function boundOf({ parameters }: Template, given: Mapping, scope: Scope): Mapping {
  const bound: Mapping = Object.create(null);
  for (const { name, default: otherwise } of parameters) {
    const value = given[name] ?? (otherwise === undefined ? anyHost : decided(otherwise, scope));
    if (isUndecided(value)) continue;
    bound[name] = value;
    scope.set(name, value);
  }
  return bound;
}

const isUndecided = (value: Value): boolean =>
  value === anyHost || (typeof value === "object" && value !== null && Object.values(value).some(isUndecided));

/** The scopes in which its nested steps run. */
function insides({ config }: Step, type: StepType | undefined, scope: Scope): Scope[] {
  const [name] = type?.binds?.(config) ?? [];
  if (name === undefined) return [scope];
  const items = itemsSchema.safeParse(decided(config.items ?? null, scope));
  const list = items.success && items.data !== anyHost ? itemsOf(items.data) : [];
  if (list.length === 0 || list.length > mostLooks) return [scope.nest()];
  return list.map((item) => {
    const inner = scope.nest();
    if (!isUndecided(item)) inner.set(name, item);
    return inner;
  });
}

/** With its `${…}` filled in; `anyHost` for a text with a name that a step sets, or that this program has. */
function decided(written: Value, scope: Scope): Value {
  if (Array.isArray(written)) return written.map((each) => decided(each, scope));
  if (isMapping(written))
    return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, decided(value, scope)]));
  if (typeof written !== "string" || !written.includes("${")) return written;
  let isDecided = parseText(written).every(
    (part) => part.kind === "literal" || references(part.expression).every(({ root }) => scope.get(root) !== undefined),
  );
  const value = isDecided ? interpolate(written, scope, () => (isDecided = false)) : anyHost;
  return isDecided ? value : anyHost;
}
