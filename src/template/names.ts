/** Which names a template can ever set, and whether a text refers to one of them. */
import { type Reading, shapeOf, type Use } from "./reading.ts";
import type { Report } from "./report.ts";
import { isName } from "./scalars.ts";
import { type Step, type Template, walkSteps } from "./template.ts";

export type KnownNames = {
  parameters: ReadonlySet<string>;
  /** Set by some step. */
  outputs: ReadonlySet<string>;
  /** Of loops; each is known only in the steps of its own. */
  loopVariables: ReadonlySet<string>;
  steps: ReadonlySet<string>;
};

/** The place a text stands in, as far as names go. */
export type Where = {
  /** Nothing was run yet: prerequisites, the operation's own keys. */
  early?: boolean;
  /** A failure may have come before: rollback, undo, the notifications about it. */
  failing?: boolean;
  /** Names that the text sees besides: fields of the registry, of a trigger's event. */
  also?: readonly string[];
  /** Loop variables in force; undefined where any may be. */
  bound?: readonly string[];
};

export const registryFields = [
  ...["type", "platform", "host", "purpose", "health_check", "dependencies", "critical", "notes"],
] as const;

const recordFields = [
  ...["status", "value", "exit_code", "stdout", "stderr", "code", "body", "json", "duration_ms", "attempts", "error"],
];

/** Names that are there without being set; a list says which fields there are. */
const builtInNames: Readonly<Record<string, readonly string[] | "value" | "any-field">> = {
  current_date: "value",
  current_time: "value",
  current_timestamp: "value",
  operation: ["id", "name"],
  host: ["name"],
  env: "any-field",
  secret: "any-field",
  steps: "any-field",
  lock: "any-field",
};
const failureNames = ["error_message", "failed_step"];

export function knownNames(template: Template, { shapes }: Pick<Reading, "shapes">): KnownNames {
  const outputs = new Set<string>();
  const loopVariables = new Set<string>();
  const steps = new Set<string>();
  for (const step of allSteps(template)) {
    steps.add(step.name);
    for (const name of namesSetBy(step, { shapes })) outputs.add(name);
    for (const name of shapeOf(shapes, step.type)?.binds?.(step.config) ?? []) loopVariables.add(name);
  }
  return { parameters: new Set(template.parameters.map(({ name }) => name)), outputs, loopVariables, steps };
}

/** What a step by itself sets for those that come after it. */
export function namesSetBy({ type, config, options }: Step, { shapes }: Pick<Reading, "shapes">): string[] {
  const shape = shapeOf(shapes, type);
  const stored = options.output ?? shape?.defaultOutput?.(config);
  return [...(typeof stored === "string" ? [stored] : []), ...(shape?.sets?.(config) ?? [])];
}

export function* allSteps(template: Template): Generator<Step> {
  yield* walkSteps(template.steps);
  yield* walkSteps(template.rollback.steps);
  for (const list of Object.values(template.notifications)) yield* walkSteps(list);
}

/** Tells of a name that nothing in the template could ever set. */
export function checkName(use: Use, where: Where, known: KnownNames, report: Report): void {
  const { root, path, place } = use;
  const { parameters, outputs, loopVariables } = known;
  if (parameters.has(root) || where.also?.includes(root) || where.bound?.includes(root)) return;
  if (!where.early && outputs.has(root)) return;
  if (!where.early && loopVariables.has(root)) {
    if (where.bound) report.warn(place(), "loop-variable", `\`${root}\` is known only in the steps of its own loop`);
    return;
  }
  if (root === "service" && where.bound && where.bound.length > 0) return;
  if (failureNames.includes(root)) {
    if (where.failing) return;
    const hint = "It is known in rollback, undo and the notifications about a failure.";
    report.error(place(), unknownCode(use), `nothing sets \`${root}\` here`, hint);
  } else if (Object.hasOwn(builtInNames, root)) {
    checkBuiltIn(use, known, report);
  } else if (where.early && (outputs.has(root) || loopVariables.has(root))) {
    report.error(place(), unknownCode(use), `\`${root}\` is set only by a step, and none has run here`);
  } else {
    const words = [...parameters, ...Object.keys(builtInNames), ...(where.also ?? [])];
    if (!where.early) words.push(...outputs, ...loopVariables);
    if (where.failing) words.push(...failureNames);
    const near = report.suggest(root, words);
    const hint = path.length === 0 && near === "" ? textHint(use) : undefined;
    report.error(place(), unknownCode(use), `nothing sets \`${root}\`.${near}`, hint);
  }
}

const unknownCode = ({ language }: Use) => (language === "shell" ? "E_UNKNOWN_PARAM" : "unknown-name");

const textHint = ({ language }: Use) =>
  language === "shell" || language === "git" ? "A ${ that is not meant for GARZA is written $${." : undefined;

function checkBuiltIn(use: Use, known: KnownNames, report: Report): void {
  const { root, path, place } = use;
  const fields = builtInNames[root];
  const [field, inner] = path;
  const wrong = (message: string, hint?: string) => report.error(place(), unknownCode(use), message, hint);
  if (fields === "value" || (field === undefined && Array.isArray(fields))) return;
  if (field === undefined) {
    if (use.whole) wrong(`\`${root}\` as a whole is never a value`, `Write \${${root}.NAME}.`);
  } else if (Array.isArray(fields)) {
    if (!fields.includes(field)) wrong(`there is no \`${root}.${field}\`.${report.suggest(field, fields)}`);
  } else if (root === "lock") {
    if (inner !== undefined && inner !== "token") wrong(`a lock has no \`${inner}\`; its fencing token is \`token\``);
  } else if (root === "steps") {
    if (!known.steps.has(field))
      wrong(`there is no step \`${field}\`.${report.suggest(field, known.steps)}`, quoteHint(field));
    else if (inner !== undefined && !recordFields.includes(inner)) {
      wrong(`a step's record has no \`${inner}\`.${report.suggest(inner, recordFields)}`);
    }
  }
}

const quoteHint = (name: string) => (isName(name) ? undefined : 'Names with other signs are written steps["…"].');
