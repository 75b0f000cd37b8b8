/** `triggers`: when the agent queues this template by itself. */
import { isMapping, toText, type Value } from "../core/value.ts";
import { entryOf, isText, type MappingNode, type Node, nodeOf, pick, plainValue, type ScalarNode } from "./node.ts";
import { hasPlaceholder } from "./placeholders.ts";
import type { Report } from "./report.ts";
import { isName } from "./scalars.ts";
import { checkMapping } from "./schema-check.ts";
import type { Trigger } from "./template.ts";
import { type TriggerKind, triggerKinds } from "./trigger-kinds.ts";
import { triggerSchema } from "./trigger-schema.ts";

export type ReadTrigger = { trigger: Trigger; kind: TriggerKind; fields: MappingNode; at: number; when?: Node };

/** `- kind: {fields}`, `- type: kind` with the fields beside it, or `- kind`. */
export function readTriggers(node: Node, report: Report): ReadTrigger[] {
  if (node.kind !== "list") {
    report.error(node.at, "wrong-type", "`triggers` must be a list");
    return [];
  }
  return node.items.flatMap((item) => {
    const written = formOf(item, report);
    if (!written) return [];
    const { name, fields, when } = written;
    const kind = Object.hasOwn(triggerKinds, name.value) ? triggerKinds[name.value] : undefined;
    if (!kind) {
      const message = `unknown trigger \`${name.value}\`.${report.suggest(name.value, Object.keys(triggerKinds))}`;
      report.error(name.at, "unknown-trigger", message, `There are: ${Object.keys(triggerKinds).join(", ")}.`);
      return [];
    }
    return [read(name, kind, fields, when, report)];
  });
}

type Name = ScalarNode & { value: string };
type Form = { name: Name; fields: MappingNode; when?: Node };

function formOf(item: Node, report: Report): Form | undefined {
  if (isText(item)) return { name: item, fields: { kind: "mapping", at: item.at, entries: [] } };
  if (item.kind !== "mapping") {
    report.error(item.at, "wrong-type", "a trigger is a mapping: `- health_check_failed:` with its fields below");
    return undefined;
  }
  const type = nodeOf(item, "type");
  if (type) {
    if (isText(type))
      return split(
        type,
        pick(item, (key) => key !== "type"),
      );
    report.error(type.at, "wrong-type", "`type` must be the name of a kind of trigger");
    return undefined;
  }
  const own = pick(item, (key) => key !== "when" && !key.startsWith("x-"));
  const [first, second] = own.entries;
  if (!first) {
    report.error(item.at, "missing-key", "a trigger says its kind: `- health_check_failed:`");
    return undefined;
  }
  if (second) {
    const hint = "Its fields are written below its kind, two columns further in.";
    report.error(
      second.key.at,
      "unknown-key",
      `\`${second.key.value}\` can't stand beside \`${first.key.value}\``,
      hint,
    );
  }
  const fields = fieldsOf(first.key, first.value, report);
  const form = split(first.key, fields);
  const beside = nodeOf(item, "when");
  return beside ? { ...form, when: beside } : form;
}

function split(name: Name, fields: MappingNode): Form {
  const when = nodeOf(fields, "when");
  return { name, fields: pick(fields, (key) => key !== "when" && !key.startsWith("x-")), ...(when && { when }) };
}

/** What stands behind `kind:`: its fields, or the one text that says it all. */
function fieldsOf(name: Name, value: Node, report: Report): MappingNode {
  const nothing: MappingNode = { kind: "mapping", at: value.at, entries: [] };
  if (value.kind === "mapping") return value;
  if (value.kind === "scalar" && value.value === null) return nothing;
  const key = { manual: "description", schedule: "cron" }[name.value];
  if (key !== undefined && isText(value)) {
    return { ...nothing, entries: [{ key: { ...name, value: key, at: value.at }, value }] };
  }
  report.error(value.at, "wrong-type", `\`${name.value}\` must be a mapping of its fields`);
  return nothing;
}

function read(name: Name, kind: TriggerKind, fields: MappingNode, when: Node | undefined, report: Report): ReadTrigger {
  const written = checkMapping(fields, triggerSchema(name.value, kind), report);
  for (const { key, value } of fields.entries) {
    const isFilter = kind.event.includes(key.value);
    if (!isFilter || !isText(value) || !hasPlaceholder(value.value)) continue;
    if (parameterOf(value.value) === undefined) {
      const hint = `A field is a plain value, or exactly \${parameter}; use \`when\` for more.`;
      report.error(value.at, "trigger-field", `\`${key.value}\` is neither a plain value nor one parameter`, hint);
    }
  }
  const condition = when ? plainValue(when) : undefined;
  if (when && typeof condition !== "string" && typeof condition !== "boolean") {
    report.error(when.at, "wrong-type", "`when` must be a condition");
  }
  const trigger: Trigger = {
    kind: name.value,
    fields: isMapping(written) ? written : {},
    ...(condition !== undefined && { when: toText(condition) }),
    place: report.place(name.at),
  };
  return { trigger, kind, fields, at: name.at, ...(when && { when }) };
}

/** The parameter that a field sets: it is exactly `${p}`. */
export function parameterOf(field: Value | undefined): string | undefined {
  const name = typeof field === "string" ? /^\$\{\s*([^\s}]+)\s*\}$/.exec(field)?.[1] : undefined;
  return name !== undefined && isName(name) ? name : undefined;
}

/** The parameters that an event of the trigger's kind gives. */
export function parametersSetBy({ trigger, kind, fields }: ReadTrigger): Set<string> {
  const bound = fields.entries.flatMap(({ value }) => (isText(value) ? (parameterOf(value.value) ?? []) : []));
  const given = isMapping(trigger.fields.parameters) ? Object.keys(trigger.fields.parameters) : [];
  return new Set([...kind.event, ...bound, ...given]);
}

export const entryAt = (trigger: ReadTrigger, field: string): number =>
  entryOf(trigger.fields, field)?.key.at ?? trigger.at;
