import { z } from "zod";
import { contained, readRegular } from "../core/files.ts";
import { nearest } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import { type Fault, showFault } from "../core/problems.ts";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import { readYaml, type YamlPath, type YamlText } from "../core/yaml.ts";

/**
 * A YAML file of the root, as written, once the schema holds; an empty mapping when there is none. Keys that
 * begin with `x-` are the author's own, at every level. Throws `configuration` with every fault and its place.
 */
export function readFile(root: string, file: string, schema: z.ZodType): Mapping {
  const found = readRegular(contained(root, file), file);
  if (!found) return {};
  const yaml = readYaml(found.text.replace(/^\ufeff/, ""), file);
  const value = yaml.value ?? {};
  const faults = yaml.faults.length > 0 ? yaml.faults : check(value, schema, yaml);
  if (faults.length > 0 || !isMapping(value)) {
    const message = `can't be used\n\n${faults.map(showFault).join("\n\n")}`;
    throw problem({ kind: "configuration", where: file, message });
  }
  return value;
}

function check(value: Value, schema: z.ZodType, yaml: YamlText): Fault[] {
  const parsed = schema.safeParse(withoutOwnKeys(value));
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => faultsOf(issue, schema, yaml.placeOf));
}

function withoutOwnKeys(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutOwnKeys);
  if (!isMapping(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !key.startsWith("x-"));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutOwnKeys(inner)]));
}

function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType, placeOf: YamlText["placeOf"]): Fault[] {
  const path = issue.path as YamlPath;
  const where = path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => ({
      ...placeOf([...path, key], "key"),
      severity: "error",
      code: "unknown-key",
      message: `unknown key ${key}${where && ` in ${where}`}`,
      hint: unknownHint(key, known),
    }));
  }
  // Of a choice, the branch that went furthest says what is wrong.
  if (issue.code === "invalid_union" && issue.message === "Invalid input") {
    const deepest = issue.errors
      .map((errors) => errors[0])
      .sort((a, b) => (b?.path.length ?? 0) - (a?.path.length ?? 0))[0];
    if (deepest) return faultsOf({ ...deepest, path: [...path, ...deepest.path] }, schema, placeOf);
  }
  const message = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return [{ ...placeOf(path), severity: "error", code: "value", message: where ? `${where}: ${message}` : message }];
}

function unknownHint(key: string, known: string[]): string {
  const [near] = nearest(key, known);
  return near ? `Did you mean ${near}?` : `Known here: ${known.join(", ")}. Keys of your own begin with x-.`;
}

/** The keys that the schema knows at a place, for hints. */
function knownKeys(schema: z.ZodType, path: YamlPath): string[] {
  let at: unknown = schema;
  for (const segment of path) at = inside(bare(at), segment);
  const there = bare(at);
  return there instanceof z.ZodObject ? Object.keys(there.shape) : [];
}

function inside(schema: unknown, segment: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[segment];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

/** Behind `optional`, and of a choice the mapping. */
function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional) return bare(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.map(bare).find((option) => option instanceof z.ZodObject);
  return schema;
}
