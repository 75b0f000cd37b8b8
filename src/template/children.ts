/** `load_operation` with a fixed name: the child is validated with its parent, parameters and all. */
import { GarzaError } from "../core/problem.ts";
import { isMapping } from "../core/value.ts";
import { convertJson } from "./convert.ts";
import type { Source } from "./document.ts";
import { allSteps } from "./names.ts";
import { entryOf, nodeOf } from "./node.ts";
import { hasPlaceholder } from "./placeholders.ts";
import type { Reading } from "./reading.ts";
import type { Step, Template } from "./template.ts";

const deepest = 8;

/** Reads a template by itself, its own children apart. Throws `template-invalid`. */
export type ReadAlone = (source: Source) => Template;

export function checkChildren(template: Template, readAlone: ReadAlone, reading: Reading): void {
  const { report, options, written } = reading;
  if (!options.loadChild) return;
  const family = openFamily(options.loadChild, readAlone);
  for (const step of callsOf(template)) {
    const name = String(step.config.template);
    const at = nodeOf(written.get(step), "template")?.at ?? 0;
    const child = family.read(name);
    if (typeof child === "string") report.error(at, "child", child);
    else {
      const chain = family.badChain(child, [template.name]);
      if (chain) report.error(at, "child", chain);
      checkParameters(step, child, reading);
    }
  }
}

/** Steps whose child is known without running anything. */
const callsOf = (template: Template): Step[] =>
  [...allSteps(template)].filter(({ type, config }) => {
    return type === "load_operation" && typeof config.template === "string" && !hasPlaceholder(config.template);
  });

/** The children of a template and theirs, each read once. */
function openFamily(loadChild: (name: string) => Source, readAlone: ReadAlone) {
  const known = new Map<string, Template | string>();
  const sound = new Map<string, number>();

  const read = (name: string): Template | string => {
    const found = known.get(name) ?? readChild(name);
    known.set(name, found);
    return found;
  };
  const readChild = (name: string): Template | string => {
    try {
      return readAlone(loadChild(name));
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
      const { problem } = thrown;
      if (problem.kind !== "template-invalid") return thrown.message;
      const [first] = problem.faults.filter(({ severity }) => severity === "error");
      return first
        ? `${name} is not valid: ${first.file}:${first.line}:${first.column}: ${first.message}`
        : thrown.message;
    }
  };
  /** What is wrong with the chain of calls below a child; undefined when nothing is. */
  const badChain = (child: Template, chain: string[]): string | undefined => {
    const whole = [...chain, child.name];
    if (chain.includes(child.name)) return `it would load itself: ${whole.join(" → ")}`;
    if (chain.length > deepest) return `loaded more than ${deepest} deep: ${whole.join(" → ")}`;
    if ((sound.get(child.name) ?? -1) >= chain.length) return undefined;
    for (const step of callsOf(child)) {
      const next = read(String(step.config.template));
      if (typeof next === "string") return `${child.name}: ${next}`;
      const bad = badChain(next, whole);
      if (bad !== undefined) return bad;
    }
    // Whatever it loads is fine as deep as this; higher up all the more.
    sound.set(child.name, chain.length);
    return undefined;
  };
  return { read, badChain };
}

function checkParameters(step: Step, child: Template, { report, written }: Reading): void {
  const node = nodeOf(written.get(step), "parameters");
  const given = step.config.parameters ?? {};
  if (!isMapping(given)) return;
  const names = child.parameters.map(({ name }) => name);
  const isOpen = Object.keys(given).some(hasPlaceholder);
  for (const [name, value] of Object.entries(given)) {
    if (hasPlaceholder(name)) continue;
    const entry = entryOf(node, name);
    const parameter = child.parameters.find((each) => each.name === name);
    if (!parameter) {
      const message = `${child.name} has no parameter \`${name}\`.${report.suggest(name, names)}`;
      report.error(entry?.key.at ?? 0, "unknown-parameter", message);
    } else if (!JSON.stringify(value).includes("${")) {
      const converted = convertJson(parameter, value);
      if ("fault" in converted) report.error(entry?.value.at ?? 0, "wrong-value", `\`${name}\` ${converted.fault}`);
    }
  }
  const missing = child.parameters.filter(({ name, required }) => required && !Object.hasOwn(given, name));
  if (missing.length === 0 || isOpen) return;
  const at = entryOf(written.get(step), "parameters")?.key.at ?? nodeOf(written.get(step), "template")?.at ?? 0;
  report.error(at, "missing-parameter", `${child.name} needs ${missing.map(({ name }) => `\`${name}\``).join(", ")}`);
}
