/** What can be wrong with triggers once the whole template is known. */
import { registryFields } from "./names.ts";
import { isText } from "./node.ts";
import { type Checking, checkText } from "./step-texts.ts";
import type { Template } from "./template.ts";
import { entryAt, parameterOf, parametersSetBy, type ReadTrigger } from "./triggers.ts";

export function checkTriggers(triggers: readonly ReadTrigger[], template: Template, checking: Checking): void {
  for (const trigger of triggers) {
    checkFields(trigger, checking);
    checkNeeds(trigger, template, checking);
    checkMatch(trigger, checking);
    const seen = [...trigger.kind.event, ...registryFields];
    checkText(trigger.when, "condition", { early: true, also: seen }, checking);
  }
}

function checkFields({ fields, kind }: ReadTrigger, { report, known }: Checking): void {
  for (const { key, value } of fields.entries) {
    const name = isText(value) && kind.event.includes(key.value) ? parameterOf(value.value) : undefined;
    if (name === undefined || known.parameters.has(name)) continue;
    report.error(
      value.at,
      "unknown-name",
      `there is no parameter \`${name}\`.${report.suggest(name, known.parameters)}`,
    );
  }
}

/** Parameters that the event does not give can only come from their defaults. */
function checkNeeds(trigger: ReadTrigger, { parameters }: Template, { report }: Checking): void {
  if (trigger.kind.asked) return;
  const set = parametersSetBy(trigger);
  const missing = parameters.filter(({ required, name }) => required && !set.has(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  const message = `\`${trigger.trigger.kind}\` leaves ${missing.map((name) => `\`${name}\``).join(", ")} unset`;
  report.error(
    trigger.at,
    "trigger-needs",
    message,
    "Give the parameter a default, or set it from a field: `service: ${name}`.",
  );
}

function checkMatch(trigger: ReadTrigger, { report }: Checking): void {
  const { kind, when, fields, trigger: written } = trigger;
  if (!kind.event.includes("service") || when) return;
  const filters = fields.entries.filter(({ key, value }) => {
    const narrows = key.value === "service" || key.value === "platform";
    return narrows && !(isText(value) && parameterOf(value.value) !== undefined);
  });
  if (filters.length > 0) return;
  const hint = "Name a service, or filter with `when:`, such as `when: type == 'mcp_server'`.";
  report.warn(entryAt(trigger, "service"), "trigger-matches-all", `this ${written.kind} matches every service`, hint);
}
