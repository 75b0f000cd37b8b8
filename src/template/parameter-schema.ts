/** The `parameters` of a template, short and long. */
import { z } from "zod";
import { isEmpty, isMapping, type Mapping, type Value } from "../core/value.ts";
import { convertJson } from "./convert.ts";
import { type MappingNode, type Node, nodeOf, plainValue } from "./node.ts";
import { readPattern } from "./pattern.ts";
import { hasPlaceholder } from "./placeholders.ts";
import type { Report } from "./report.ts";
import { flagText, isName, lineText } from "./scalars.ts";
import { checkMapping } from "./schema-check.ts";
import type { Parameter, ParameterType } from "./template.ts";

export const parameterSchema = z.strictObject({
  type: z.enum(["string", "number", "boolean", "list", "secret"]).optional().describe("Else as the default is."),
  description: lineText.optional().describe("What it is for."),
  required: z.boolean().optional().describe("Else by whether a step that always runs needs it."),
  default: z.unknown().optional().describe("Its value when none is given."),
  enum: z.array(z.unknown()).min(1).optional().describe("The values it can have."),
  pattern: z.string().optional().describe("A regular expression that its text must match."),
  min: z.number().optional().describe("The least number, or the least length."),
  max: z.number().optional().describe("The greatest number, or the greatest length."),
  example: z.unknown().optional().describe("A value, for people."),
  allow_dash: flagText.optional().describe("It may begin with `-` at the start of a word of a command."),
});

/** `undecided`: the template does not say whether it must be given; its steps decide. */
export type ReadParameter = { parameter: Parameter; undecided: boolean; at: number; default?: Node };

export function readParameters(node: MappingNode, report: Report): ReadParameter[] {
  return node.entries.flatMap(({ key, value }) => {
    if (key.value.startsWith("x-")) return [];
    if (!isName(key.value)) {
      const hint = "Names are letters, digits and _, with single dashes inside.";
      report.error(key.at, "parameter-name", `\`${key.value}\` can't be the name of a parameter`, hint);
      return [];
    }
    const read = value.kind === "mapping" ? longForm(key.value, value, report) : shortForm(key.value, value);
    return [{ ...read, at: key.at }];
  });
}

type Form = Omit<ReadParameter, "at">;

function shortForm(name: string, node: Node): Form {
  const value = plainValue(node);
  const isOpen = value === null || value === "";
  if (isOpen) {
    return { parameter: { name, type: "string", untyped: true, required: false, allowDash: false }, undecided: true };
  }
  const parameter = { name, ...typeOfDefault(value), required: false, default: value, allowDash: false };
  return { parameter, undecided: false, default: node };
}

/** What a default that is one `${…}` will be is not known yet. */
function typeOfDefault(value: Value): Pick<Parameter, "type" | "untyped"> {
  const isOne = typeof value === "string" && /^\$\{[^{}]*\}$/.test(value);
  return isOne ? { type: "string", untyped: true } : { type: typeOf(value) };
}

function longForm(name: string, node: MappingNode, report: Report): Form {
  const written = checkMapping(node, parameterSchema, report);
  refusePlaceholders(node, report);
  const { success, data } = parameterSchema.safeParse(written);
  const long = success ? data : {};
  const { description, pattern, min, max, example } = long;
  const given = defaultOf(written);
  const parameter: Parameter = {
    name,
    ...(long.type ? { type: long.type } : impliedType(long, given)),
    ...(description !== undefined && { description: String(description) }),
    required: long.required === true && given === undefined,
    ...(long.enum && { enum: long.enum as Value[] }),
    ...(pattern !== undefined && { pattern }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(example !== undefined && { example: example as Value }),
    allowDash: String(long.allow_dash) === "true",
  };
  const isSound = checkPattern(parameter, node, report);
  const fallback = given === undefined || !isSound ? given : checkedDefault(parameter, given, node, report);
  if (fallback !== undefined) parameter.default = fallback;
  const at = nodeOf(node, "default");
  return {
    parameter,
    undecided: given === undefined && long.required === undefined,
    ...(given !== undefined && at && { default: at }),
  };
}

/** A parameter is what others are filled in from: only its default may refer to those above it. */
function refusePlaceholders(node: MappingNode, report: Report): void {
  for (const { key, value } of node.entries) {
    const isFree = ["default", "description", "example"].includes(key.value);
    if (isFree || value.kind !== "scalar" || !hasPlaceholder(value.value)) continue;
    report.error(value.at, "wrong-type", `\`${key.value}\` of a parameter can't hold \${…}`);
  }
}

/** Undefined where none is written: `""` and nothing mean that there is no default. */
function defaultOf({ default: written }: Mapping): Value | undefined {
  return isEmpty(written) ? undefined : written;
}

function impliedType(
  long: z.infer<typeof parameterSchema>,
  given: Value | undefined,
): Pick<Parameter, "type" | "untyped"> {
  if (given !== undefined) return typeOfDefault(given);
  if (long.enum) return { type: typeOf(long.enum[0] as Value) };
  if (long.pattern !== undefined) return { type: "string" };
  if (long.min !== undefined || long.max !== undefined) return { type: "number" };
  return { type: "string", untyped: true };
}

function typeOf(value: Value): ParameterType {
  if (Array.isArray(value)) return "list";
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "string";
}

function checkPattern({ pattern, min, max }: Parameter, node: MappingNode, report: Report): boolean {
  if (min !== undefined && max !== undefined && min > max) {
    report.error(nodeOf(node, "min")?.at ?? node.at, "wrong-value", "`min` is greater than `max`");
  }
  if (pattern === undefined) return true;
  const read = readPattern(pattern);
  if (typeof read !== "string") return true;
  report.error(nodeOf(node, "pattern")?.at ?? node.at, "pattern", `\`pattern\`: ${read}`);
  return false;
}

function checkedDefault(parameter: Parameter, given: Value, node: MappingNode, report: Report): Value {
  if (hasPlaceholder(given)) return given;
  const converted = isMapping(given) ? { fault: "can't be a mapping" } : convertJson(parameter, given);
  if ("value" in converted) return converted.value;
  report.error(nodeOf(node, "default")?.at ?? node.at, "wrong-value", `\`default\` ${converted.fault}`);
  return given;
}
