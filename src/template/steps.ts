/** Lists of steps: their names, ids, keys and what is nested in them. */
import type { Mapping } from "../core/value.ts";
import { entryOf, type MappingNode, type Node, nodeOf, pick } from "./node.ts";
import { type Reading, shapeOf } from "./reading.ts";
import { checkMapping } from "./schema-check.ts";
import { keysAt } from "./schema-keys.ts";
import { checkPlainNames, type HoldingStep, readConfig, readName, readType } from "./step-head.ts";
import { optionKeys, stepOptionsSchema } from "./step-keys.ts";
import type { StepShape } from "./step-type.ts";
import type { Step, StepOptions } from "./template.ts";

/** The surroundings of a list of steps. */
export type StepsPlace = {
  /** Ids begin with this: `steps`, `steps/each/steps`, `rollback`. */
  id: string;
  /** The step that holds the list. */
  parent?: HoldingStep;
  /** All steps are of this type, which is not written. */
  type?: string;
  /** How many steps of the parent have gone before: unnamed ones are counted through. */
  before?: number;
  /** The construct in which `exit: true` is refused. */
  noExitIn?: string;
};

const mostSteps = 10_000;

export function readSteps(node: Node, place: StepsPlace, reading: Reading): Step[] {
  if (node.kind !== "list") {
    reading.report.error(node.at, "wrong-type", "expected a list of steps (lines that begin with `-`)");
    return [];
  }
  const room = mostSteps - reading.written.size;
  const beyond = node.items[Math.max(0, room)];
  if (beyond) {
    reading.report.error(beyond.at, "too-many-steps", `a template has at most ${mostSteps} steps`);
    return [];
  }
  const before = place.before ?? 0;
  return node.items.flatMap((item, i) => readStep(item, before + i + 1, place, reading) ?? []);
}

function readStep(node: Node, position: number, place: StepsPlace, reading: Reading): Step | undefined {
  const { report, shapes } = reading;
  if (node.kind !== "mapping") {
    const what = place.type === undefined ? "a step is a mapping with a `type`" : `a ${place.type} is a mapping`;
    report.error(node.at, "wrong-type", what);
    return undefined;
  }
  const type = readType(node, place.type, reading);
  const shape = type === undefined ? undefined : shapeOf(shapes, type);
  const own = readName(node, place.parent === undefined, report);
  const local = `${type ?? "step"}-${position}`;
  const idPart = place.type !== undefined ? String(position) : own === undefined ? local : asIdPart(own);
  const nestedKeys = shape ? Object.keys(shape.nested ?? {}) : ["steps", "else"];
  const step: Step = {
    type: type ?? "",
    name: own ?? (place.parent ? `${place.parent.name}/${local}` : local),
    id: `${place.id}/${idPart}`,
    options: checkMapping(
      pick(node, (key) => optionKeys.includes(key)),
      stepOptionsSchema,
      report,
    ) as StepOptions,
    config: shape ? readConfig(node, shape, nestedKeys, place.parent, report) : nothing(),
    nested: nothing(),
    undo: [],
    place: report.place(node.at),
  };
  reading.written.set(step, node);
  checkPlainNames(node, report);
  refuseExit(step, node, place, reading);
  readNested(step, node, { shape, nestedKeys }, place, reading);
  return step;
}

const nothing = <Values extends object = Mapping>(): Values => Object.create(null) as Values;

function refuseExit(step: Step, node: MappingNode, { noExitIn }: StepsPlace, { report }: Reading): void {
  const exit = entryOf(node, "exit");
  if (step.type !== "conditional" || noExitIn === undefined || !exit || step.config.exit === false) return;
  report.error(exit.key.at, "exit-refused", `\`exit\` can't stand inside ${noExitIn}`);
}

type Nested = { shape: StepShape | undefined; nestedKeys: string[] };

function readNested(step: Step, node: MappingNode, nested: Nested, place: StepsPlace, reading: Reading): void {
  const { shape, nestedKeys } = nested;
  const { report } = reading;
  const keys = [...(shape ? keysAt(shape.schema, []) : []), ...nestedKeys];
  const parent = { name: step.name, type: step.type, keys, column: report.place(node.at).column };
  const within = ["foreach", "parallel"].includes(step.type) ? `a ${step.type}` : place.noExitIn;
  let before = 0;
  const read = (list: Node, at: string, noExitIn = within, from = before) =>
    readSteps(list, { id: `${step.id}/${at}`, parent, before: from, ...(noExitIn && { noExitIn }) }, reading);

  for (const key of nestedKeys) {
    const written = nodeOf(node, key);
    if (shape?.nestedRequired?.includes(key) && isEmptyList(written)) {
      report.error(written?.at ?? node.at, "missing-key", `\`${key}\` is missing or empty`);
    } else if (written && shape?.nested?.[key] === "branches") {
      for (const { branch, list } of branchesOf(written, key, reading)) {
        const steps = read(list, asIdPart(branch));
        step.nested[branch] = steps;
        before += steps.length;
      }
    } else if (written) {
      // Only one of `steps` and `else` is run: each counts from the start.
      const from = key === "else" ? 0 : before;
      const steps = read(written, key, within, from);
      step.nested[key] = steps;
      before = Math.max(before, from + steps.length);
    }
  }
  const undo = nodeOf(node, "undo");
  if (undo) step.undo = read(undo, "undo", "`undo`");
}

const isEmptyList = (node: Node | undefined) =>
  !node || (node.kind === "scalar" && node.value === null) || (node.kind === "list" && node.items.length === 0);

function branchesOf(node: Node, key: string, { report }: Reading): { branch: string; list: Node }[] {
  if (node.kind === "mapping")
    return node.entries.map(({ key: branch, value }) => ({ branch: branch.value, list: value }));
  report.error(node.at, "wrong-type", `\`${key}\` must be a mapping from a name to a list of steps`);
  return [];
}

/** Ids are paths: what a name itself holds of their signs is written otherwise. */
const asIdPart = (name: string) => name.replaceAll("%", "%25").replaceAll("/", "%2F");
