/** The top level of a template, section by section. */
import type { z } from "zod";
import { type Mapping, toText } from "../core/value.ts";
import type { Source } from "./document.ts";
import { entryOf, type MappingNode, type Node, nodeOf, pick } from "./node.ts";
import {
  notificationMoments,
  operationSchema,
  recoveryStatsSchema,
  resultsSchema,
  rollbackSchema,
  topLevelKeys,
} from "./operation-schema.ts";
import { type ReadParameter, readParameters } from "./parameter-schema.ts";
import { hasPlaceholder } from "./placeholders.ts";
import { type ReadPrerequisite, readPrerequisites } from "./prerequisites.ts";
import type { Reading } from "./reading.ts";
import { checkMapping, reportUnknownKeys } from "./schema-check.ts";
import { reportDoubledNames } from "./step-names.ts";
import { readSteps } from "./steps.ts";
import type { NotificationMoment, OperationHead, Step, Template } from "./template.ts";
import { type ReadTrigger, readTriggers } from "./triggers.ts";

/** A template with what its analysis needs of the text it was read from. */
export type Sections = {
  template: Template;
  root: MappingNode;
  parameters: ReadParameter[];
  prerequisites: ReadPrerequisite[];
  triggers: ReadTrigger[];
};

export function readSections(root: Node, source: Source, reading: Reading): Sections | undefined {
  const { report } = reading;
  if (root.kind !== "mapping") {
    report.error(root.at, "wrong-type", "a template is a mapping that begins with `operation:`");
    return undefined;
  }
  reportUnknownKeys(root, Object.keys(topLevelKeys), report);
  const parameters = readMapping(root, "parameters", reading);
  const prerequisites = written(root, "prerequisites");
  const triggers = written(root, "triggers");
  const read = {
    parameters: parameters ? readParameters(parameters, report) : [],
    prerequisites: prerequisites ? readPrerequisites(prerequisites, report) : [],
    triggers: triggers ? readTriggers(triggers, report) : [],
  };
  const results = checked(root, "results", resultsSchema, reading);
  const recoveryStats = checked(root, "recovery_stats", recoveryStatsSchema, reading);
  const template: Template = {
    ...source,
    operation: readOperation(root, reading),
    parameters: read.parameters.map(({ parameter }) => parameter),
    prerequisites: read.prerequisites.map(({ prerequisite }) => prerequisite),
    steps: readForward(root, reading),
    rollback: readRollback(root, reading),
    notifications: readNotifications(root, reading),
    triggers: read.triggers.map(({ trigger }) => trigger),
    ...(results && { results: results as NonNullable<Template["results"]> }),
    ...(recoveryStats && { recoveryStats: recoveryStats as NonNullable<Template["recoveryStats"]> }),
  };
  return { template, root, ...read };
}

/** A key with nothing behind it is a section that was emptied. */
function written(holder: Node, key: string): Node | undefined {
  const node = nodeOf(holder, key);
  return node?.kind === "scalar" && node.value === null ? undefined : node;
}

function readMapping(holder: Node, key: string, { report }: Reading): MappingNode | undefined {
  const node = written(holder, key);
  if (!node || node.kind === "mapping") return node;
  report.error(node.at, "wrong-type", `\`${key}\` must be a mapping`);
  return undefined;
}

function checked(holder: Node, key: string, schema: z.ZodType, reading: Reading): Mapping | undefined {
  const node = readMapping(holder, key, reading);
  return node && checkMapping(node, schema, reading.report);
}

function readOperation(root: MappingNode, reading: Reading): OperationHead {
  const { report } = reading;
  if (!written(root, "operation")) {
    report.error(root.at, "missing-key", "`operation` is missing", "It holds `name`, `type` and `description`.");
  }
  const head = checked(root, "operation", operationSchema, reading) ?? {};
  for (const key of ["name", "type"]) {
    if (!hasPlaceholder(head[key])) continue;
    report.error(nodeOf(nodeOf(root, "operation"), key)?.at ?? root.at, "wrong-type", `\`${key}\` can't hold \${…}`);
  }
  const asText = Object.entries(head).map(([key, value]) => [key, key === "timeout" ? value : toText(value)]);
  return Object.fromEntries(asText) as OperationHead;
}

function readForward(root: MappingNode, reading: Reading): Step[] {
  const node = nodeOf(root, "steps");
  if (!node || (node.kind === "scalar" && node.value === null) || (node.kind === "list" && node.items.length === 0)) {
    reading.report.error(node?.at ?? root.at, "missing-key", "`steps` is missing or empty");
    return [];
  }
  const steps = readSteps(node, { id: "steps" }, reading);
  reportDoubledNames(steps, reading);
  return steps;
}

function readRollback(root: MappingNode, reading: Reading): Template["rollback"] {
  const node = readMapping(root, "rollback", reading);
  if (!node) return { enabled: true, steps: [] };
  const { report } = reading;
  const options = checkMapping(
    pick(node, (key) => key !== "on_failure"),
    rollbackSchema,
    report,
    ["on_failure"],
  );
  const list = written(node, "on_failure");
  const steps = list
    ? readSteps(list, { id: "rollback", noExitIn: "`rollback`", parent: holder("rollback", node, reading) }, reading)
    : [];
  reportDoubledNames(steps, reading);
  const enabled = hasPlaceholder(options.enabled) ? options.enabled : toText(options.enabled ?? true) === "true";
  if (enabled === false && steps.length > 0) {
    const at = entryOf(node, "on_failure")?.key.at ?? node.at;
    report.warn(at, "never-runs", "these steps never run: `enabled` is false");
  }
  return { enabled, steps };
}

function readNotifications(root: MappingNode, reading: Reading): Template["notifications"] {
  const node = readMapping(root, "notifications", reading);
  if (node) reportUnknownKeys(node, notificationMoments, reading.report);
  const steps = (moment: NotificationMoment): Step[] => {
    const list = node && written(node, moment);
    const place = {
      id: `notifications/${moment}`,
      type: "notification",
      parent: holder(moment, list ?? root, reading),
    };
    return list ? readSteps(list, place, reading) : [];
  };
  const lists = notificationMoments.map((moment) => [moment, steps(moment)] as const);
  return Object.fromEntries(lists) as Template["notifications"];
}

const holder = (name: string, node: Node, { report }: Reading) => ({
  name,
  type: name,
  keys: [],
  column: report.place(node.at).column,
});
