/** What can be said of a template once all of it is read: its texts, its names, what it needs. */
import { knownNames, namesSetBy, type Where } from "./names.ts";
import { neededBySteps, needsOf } from "./needs.ts";
import { type Entry, type Node, nodeOf } from "./node.ts";
import type { Reading, Use } from "./reading.ts";
import type { Sections } from "./sections.ts";
import type { PlaceholderTraits } from "./shell/check.ts";
import { type Checking, checkSteps, checkText } from "./step-texts.ts";
import { type NotificationMoment, walkSteps } from "./template.ts";
import { checkTriggers } from "./trigger-faults.ts";
import { parametersSetBy } from "./triggers.ts";

/** Leaves faults in the report; settles which parameters are required, and what each step needs. */
export function analyse(sections: Sections, reading: Reading): void {
  const { template, parameters } = sections;
  const known = knownNames(template, reading);
  const checking: Checking = {
    ...reading,
    known,
    traits: traitsOf(sections, known.outputs),
    isSetByTrigger: (name) => known.parameters.has(name) && triggersSet(sections).has(name),
  };
  const early = checkOuterTexts(sections, checking);
  checkSteps(template.steps, { bound: [] }, checking);
  checkSteps(template.rollback.steps, { bound: [], failing: true }, checking);
  for (const [moment, list] of Object.entries(template.notifications)) {
    checkSteps(list, { failing: toldOfFailures.has(moment as NotificationMoment) }, checking);
  }

  const undecided = new Set(parameters.filter((each) => each.undecided).map(({ parameter }) => parameter.name));
  const needing = { shapes: reading.shapes, uses: reading.uses, undecided };
  const needed = neededBySteps(template.steps, needing);
  for (const { root, compared } of early.needed) if (!compared && undecided.has(root)) needed.add(root);
  for (const { parameter } of parameters) if (needed.has(parameter.name)) parameter.required = true;
  for (const step of walkSteps([...template.steps, ...template.rollback.steps])) {
    step.needs = needsOf(step, needing);
    step.sets = namesSetBy(step, reading);
  }
  checkTriggers(sections.triggers, template, checking);
  warnOfUnused(sections, [...early.all, ...[...reading.uses.values()].flat()], reading);
}

const toldOfFailures: ReadonlySet<NotificationMoment> = new Set(["on_failure", "on_complete", "on_critical_failure"]);

/** Texts outside the steps. Those of prerequisites are needed in any case. */
function checkOuterTexts(sections: Sections, checking: Checking): { all: Use[]; needed: Use[] } {
  const { root, prerequisites, parameters } = sections;
  const before: Where = { early: true, bound: [] };
  const after: Where = { failing: true };
  const section = (key: string, where: Where) => ownEntries(nodeOf(root, key)).map((entry) => ({ ...entry, where }));
  const texts = [...section("operation", before), ...section("results", after)];
  const outer = texts.flatMap(({ value, where }) => checkText(value, "text", where, checking));
  const enabled = checkText(nodeOf(nodeOf(root, "rollback"), "enabled"), "text", after, checking);
  const defaults = parameters.flatMap((each, number) => {
    const uses = checkText(each.default, "text", before, checking);
    const later = new Set(parameters.slice(number).map(({ parameter }) => parameter.name));
    tellOfLater(uses, later, each.parameter.name, checking.report);
    return uses;
  });
  const needed = prerequisites
    .flatMap(({ node }) => ownEntries(node))
    .flatMap(({ key, value }) => checkText(value, key.value === "command" ? "shell" : "text", before, checking));
  return { all: [...outer, ...enabled, ...defaults, ...needed], needed };
}

/** They are filled in one after the other: a later one would be empty. */
function tellOfLater(uses: readonly Use[], later: ReadonlySet<string>, name: string, report: Checking["report"]): void {
  for (const { root, place } of uses) {
    if (!later.has(root)) continue;
    const what = root === name ? "itself" : `\`${root}\`, which comes after it`;
    const hint = root === name ? undefined : `Write ${root} above ${name}.`;
    report.error(place(), "unknown-name", `the default of \`${name}\` refers to ${what}`, hint);
  }
}

/** Keys that begin with `x-` are the author's. */
const ownEntries = (node: Node | undefined): Entry[] =>
  node?.kind === "mapping" ? node.entries.filter(({ key }) => !key.value.startsWith("x-")) : [];

/** A step that sets a parameter's name anew may give it any value: nothing is known of it then. */
function traitsOf({ parameters }: Sections, outputs: ReadonlySet<string>): (source: string) => PlaceholderTraits {
  const byName = new Map(parameters.map(({ parameter }) => [parameter.name, parameter]));
  return (source) => {
    const name = source.trim();
    const parameter = outputs.has(name) ? undefined : byName.get(name);
    return {
      // A name that nothing sets is told by the check of names, with the nearest that there is.
      declared: true,
      enum: parameter?.enum !== undefined,
      allowDash: parameter?.allowDash ?? false,
      number: parameter?.type === "number",
    };
  };
}

function triggersSet({ triggers, parameters }: Sections): ReadonlySet<string> {
  const all = parameters.map(({ parameter }) => parameter.name);
  return new Set(
    triggers.flatMap((read) => {
      if (read.trigger.kind === "webhook") return all;
      return read.kind.event.length > 0 ? [...parametersSetBy(read)] : [];
    }),
  );
}

function warnOfUnused({ parameters }: Sections, uses: readonly Use[], { report }: Reading): void {
  // A text that can't be read may be the one that uses it.
  if (report.faults().some(({ severity }) => severity === "error")) return;
  const used = new Set(uses.map(({ root }) => root));
  for (const { parameter, at } of parameters) {
    if (!used.has(parameter.name))
      report.warn(at, "unused-parameter", `nothing uses the parameter \`${parameter.name}\``);
  }
}
