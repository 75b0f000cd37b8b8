/** What is written against a schema: every fault at its place, `${…}` believed to fit until it is known. */
import type { z } from "zod";
import type { Mapping, Value } from "../core/value.ts";
import { isMapping } from "../core/value.ts";
import { at, follow, type MappingNode, type Node, plainValue } from "./node.ts";
import { leadsToPlaceholder } from "./placeholders.ts";
import type { Report } from "./report.ts";
import { explainIssue, flattenIssue, type Issue } from "./schema-issues.ts";
import { candidatesAt, keysAt } from "./schema-keys.ts";

type Checking = {
  node: Node;
  schema: z.ZodType;
  report: Report;
  alsoKnown: readonly string[];
};

export type Checked = {
  /** As written, without the author's own `x-` keys; what was told to be wrong is replaced by something right, or left out. */
  value: Mapping;
  /** The same with each of the things that it could have been: what holds for all of them holds for what was meant. */
  versions: Mapping[];
};

/** The value of a mapping. Its faults are left in the report. `alsoKnown`: keys that are read elsewhere and may have been meant. */
export function checkMapping(
  node: MappingNode,
  schema: z.ZodType,
  report: Report,
  alsoKnown?: readonly string[],
): Mapping {
  return checkVersions(node, schema, report, alsoKnown).value;
}

export function checkVersions(
  node: MappingNode,
  schema: z.ZodType,
  report: Report,
  alsoKnown: readonly string[] = [],
): Checked {
  const value = plainValue(node) as Mapping;
  const checking = { node, schema, report, alsoKnown };
  const issues = issuesOf(schema, value);
  for (const issue of issues) tell(issue, value, checking);
  for (const issue of hiddenIssues(schema, value, issues)) tell(issue, value, checking);
  removeUnrecognized(value, issues);
  const versions = soundVersions(schema, value, issues.filter(isAboutOneKey));
  return { value: versions[0] ?? Object.create(null), versions };
}

/** Tells of the keys that are not known; the author's own `x-` keys are left alone. */
export function reportUnknownKeys(node: MappingNode, known: readonly string[], report: Report): void {
  for (const { key } of node.entries) {
    if (!known.includes(key.value)) reportUnknownKey(key, known, report);
  }
}

function reportUnknownKey(key: { value: string; at: number }, known: readonly string[], report: Report): void {
  if (key.value.startsWith("x-")) return;
  report.error(key.at, "unknown-key", `unknown key \`${key.value}\`.${report.suggest(key.value, known)}`);
}

function issuesOf(schema: z.ZodType, value: unknown): Issue[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) =>
    flattenIssue(issue, (path) => leadsToPlaceholder(value as Value, path)),
  );
}

function tell(issue: Issue, value: Value, { node, schema, report, alsoKnown }: Checking): void {
  const { node: found, key, whole } = follow(node, issue.path);
  if (issue.code === "unrecognized_keys") {
    const here = found.kind === "mapping" ? found.entries : [];
    const known = [...keysAt(schema, issue.path), ...(issue.path.length === 0 ? alsoKnown : [])];
    for (const entry of here) if (issue.keys.includes(entry.key.value)) reportUnknownKey(entry.key, known, report);
    return;
  }
  const { code, message, hint } = explainIssue(issue, at(value, issue.path), whole);
  const isEmptyValue = found.kind === "scalar" && found.value === null && key !== undefined;
  report.error(isEmptyValue ? key.at : found.at, code, message, hint);
}

/**
 * A schema looks at how its keys go together only when each of them is right. So what is wrong, or not
 * known yet, is replaced by values that are right, and whatever is objected to with all of them is told.
 */
function hiddenIssues(schema: z.ZodType, value: Mapping, told: Issue[]): Issue[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  const clean = structuredClone(value);
  removeUnrecognized(clean, parsed.error.issues);
  const versions = soundVersions(schema, clean, parsed.error.issues.filter(isAboutOneKey));
  const seen = versions.map((version) => issuesOf(schema, version).filter(({ code }) => code === "custom"));
  const sameAs = (a: Issue) => (b: Issue) => a.message === b.message && a.path.join("\0") === b.path.join("\0");
  const [first = [], ...others] = seen;
  return first.filter((issue) => others.every((round) => round.some(sameAs(issue))) && !told.some(sameAs(issue)));
}

const isAboutOneKey = ({ code, path }: Issue) => code !== "unrecognized_keys" && code !== "custom" && path.length > 0;

const mostVersions = 12;

/** The value with right ones in each of the places; where nothing is known to be right there, without it. */
function soundVersions(schema: z.ZodType, value: Mapping, places: readonly Issue[]): Mapping[] {
  if (places.length === 0) return [value];
  const choices = places.map(({ path }) => ({ path, values: candidatesAt(schema, path) }));
  const rounds = Math.min(mostVersions, Math.max(1, ...choices.map(({ values }) => values.length)));
  return Array.from({ length: rounds }, (_, round) => {
    const version = structuredClone(value);
    for (const { path, values } of choices) put(version, path, values[round % values.length]);
    return version;
  });
}

function removeUnrecognized(value: Value, issues: readonly Issue[]): void {
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const holder = at(value, issue.path);
    if (isMapping(holder)) for (const key of issue.keys) delete holder[key];
  }
}

function put(value: Value, path: readonly PropertyKey[], replacement: unknown): void {
  const holder = at(value, path.slice(0, -1));
  const last = path.at(-1);
  if (last === undefined) return;
  if (Array.isArray(holder)) holder[Number(last)] = (replacement ?? null) as Value;
  else if (isMapping(holder) && replacement === undefined) delete holder[String(last)];
  else if (isMapping(holder)) holder[String(last)] = replacement as Value;
}
