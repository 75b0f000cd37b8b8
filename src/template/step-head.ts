/** What a step is by itself: its type, its name, and the keys of its type. */
import type { Mapping } from "../core/value.ts";
import { isText, type MappingNode, nodeOf, pick } from "./node.ts";
import { hasPlaceholder } from "./placeholders.ts";
import { type Reading, shapeOf } from "./reading.ts";
import type { Report } from "./report.ts";
import { isName } from "./scalars.ts";
import { checkVersions } from "./schema-check.ts";
import { keysAt } from "./schema-keys.ts";
import { optionKeys, ownKeys } from "./step-keys.ts";
import type { StepShape } from "./step-type.ts";

/** The step around a nested one. `column`: where its own keys stand. */
export type HoldingStep = { name: string; type: string; keys: readonly string[]; column: number };

/** Undefined, with a fault, when it is no type that there is. */
export function readType(node: MappingNode, fixed: string | undefined, reading: Reading): string | undefined {
  const { report, shapes } = reading;
  const written = nodeOf(node, "type");
  if (!written) {
    if (fixed === undefined) report.error(node.at, "missing-key", "`type` is missing: a step says what it is");
    return fixed;
  }
  if (!isText(written) || hasPlaceholder(written.value)) {
    report.error(written.at, "wrong-type", "`type` must be the plain name of a step type");
    return fixed;
  }
  if (fixed !== undefined) {
    if (written.value !== fixed) report.error(written.at, "wrong-value", `only steps of type ${fixed} can stand here`);
    return fixed;
  }
  if (shapeOf(shapes, written.value)) return written.value;
  const known = Object.keys(shapes);
  const near = report.suggest(written.value, known);
  const hint = near === "" ? `There are: ${known.join(", ")}.` : undefined;
  report.error(written.at, "unknown-step-type", `unknown step type \`${written.value}\`.${near}`, hint);
  return undefined;
}

/** Undefined when none is written that could be used. */
export function readName(node: MappingNode, isRequired: boolean, report: Report): string | undefined {
  const written = nodeOf(node, "name");
  if (!written) {
    if (isRequired) report.error(node.at, "missing-key", "`name` is missing: a step at the top level needs one");
    return undefined;
  }
  if (isText(written) && written.value.trim() !== "" && !hasPlaceholder(written.value)) return written.value;
  const hint = written.kind === "scalar" && typeof written.value === "number" ? "Put it in quotes." : undefined;
  report.error(written.at, "wrong-type", "`name` must be plain text without ${…}", hint);
  return undefined;
}

/** What a step calls its results can't depend on them. */
export function checkPlainNames(node: MappingNode, report: Report): void {
  for (const key of ["output", "as"]) {
    const written = nodeOf(node, key);
    if (!written || !isText(written)) continue;
    if (hasPlaceholder(written.value)) {
      report.error(written.at, "wrong-type", `\`${key}\` must be a plain name without \${…}`);
    } else if (key === "as" && !isName(written.value)) {
      report.error(written.at, "wrong-value", `\`as\`: \`${written.value}\` can't be a name`);
    }
  }
}

/** The keys of the step's type. */
export function readConfig(
  node: MappingNode,
  shape: StepShape,
  nestedKeys: readonly string[],
  holder: HoldingStep | undefined,
  report: Report,
): Mapping {
  const elsewhere = [...ownKeys, ...optionKeys, ...nestedKeys];
  const own = keysAt(shape.schema, []);
  // A key that only the step around knows was written too deep.
  const tooDeep = (key: string) =>
    !own.includes(key) && !elsewhere.includes(key) && holder?.keys.includes(key) === true;
  for (const { key } of pick(node, tooDeep).entries) {
    const message = `\`${key.value}\` is a key of the ${holder?.type} around this step`;
    report.error(key.at, "indentation", message, `It belongs in column ${holder?.column}.`);
  }
  const mine = pick(node, (key) => !elsewhere.includes(key) && !tooDeep(key));
  const { value, versions } = checkVersions(mine, shape.schema, report, elsewhere);
  for (const { key, message, hint } of faultsOfAll(versions, shape)) {
    const written = key === undefined ? undefined : nodeOf(node, key);
    report.error(written?.at ?? node.at, "wrong-step", message, hint);
  }
  return value;
}

/** What the step type objects to, whatever was meant by the keys that are wrong. */
function faultsOfAll(versions: Mapping[], shape: StepShape) {
  const [first = [], ...others] = versions.map((version) => shape.faults?.(version) ?? []);
  return first.filter(({ message }) => others.every((faults) => faults.some((fault) => fault.message === message)));
}
