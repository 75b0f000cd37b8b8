/** Zod's issues in the words of a template's author. */
import type { z } from "zod";
import { didYouMean } from "../core/nearest.ts";
import type { Value } from "../core/value.ts";

export type Issue = z.core.$ZodIssue;

/** Issues that a run may still settle are dropped; of a choice of forms, the one that was meant is told. */
export function flattenIssue(
  issue: Issue,
  isOpen: (path: PropertyKey[]) => boolean,
  base: PropertyKey[] = [],
): Issue[] {
  const path = [...base, ...issue.path];
  if (isOpen(path)) return [];
  const here = { ...issue, path };
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [here];
  const forms = issue.errors.map((errors) => errors.flatMap((error) => flattenIssue(error, isOpen, path)));
  if (forms.some((left) => left.length === 0)) return [];
  const meant = forms.filter((left) => left.some((error) => error.path.length > path.length));
  return meant.toSorted((a, b) => a.length - b.length)[0] ?? [here];
}

type Explained = { code: string; message: string; hint?: string };

/** `given`: what stands there; `whole`: whether anything stands there at all. */
export function explainIssue(issue: Issue, given: Value | undefined, whole: boolean): Explained {
  const key = nameOf(issue.path);
  if (!whole) return { code: "missing-key", message: `\`${key}\` is missing`, ...ownWords(issue) };
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const near = typeof given === "string" ? didYouMean(given, values) : "";
    return { code: "wrong-value", message: `${subject(key)}must be ${oneOf(values)}, not ${shown(given)}.${near}` };
  }
  if (isOwn(issue.message)) return { code: "wrong-value", message: `${subject(key)}${issue.message}` };
  const message = `${subject(key)}must be ${expected(issue)}, not ${shown(given)}`;
  return { code: "wrong-type", message, ...spellingHint(given, expected(issue)) };
}

/** Zod's own sentences begin with these words; the rest was written in a step's schema. */
const isOwn = (message: string) => !/^(Invalid|Too|Unrecognized)\b/.test(message);
const ownWords = ({ message }: Issue) => (isOwn(message) ? { hint: message } : {});
const subject = (key: string) => (key === "" ? "" : `\`${key}\`: `);
const oneOf = (values: string[]) => (values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`);

function expected(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return kinds[issue.expected] ?? issue.expected;
    case "too_small":
      return bound("at least", issue.minimum, issue.origin);
    case "too_big":
      return bound("at most", issue.maximum, issue.origin);
    case "invalid_union": {
      const forms = issue.errors.flat().filter((error) => error.path.length === 0);
      const words = new Set(forms.map(expected));
      return words.size > 0 ? [...words].join(" or ") : "in another form";
    }
    case "invalid_value":
      return oneOf(issue.values.map(String));
    case "invalid_format":
      return "pattern" in issue ? `text like ${issue.pattern}` : `a valid ${issue.format}`;
    default:
      return "in another form";
  }
}

function bound(word: string, limit: number | bigint, origin: string): string {
  if (origin === "string") return `${word} ${limit} characters long`;
  return origin === "number" || origin === "int" ? `${word} ${limit}` : `of ${word} ${limit} elements`;
}

const kinds: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
  null: "empty",
};

function shown(given: Value | undefined): string {
  if (given === null || given === undefined) return "empty";
  if (Array.isArray(given)) return "a list";
  if (typeof given === "object") return "a mapping";
  const text = JSON.stringify(given);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function spellingHint(given: Value | undefined, wanted: string): { hint?: string } {
  if (wanted.includes("true or false") && typeof given === "string" && /^(yes|no|on|off)$/i.test(given)) {
    return { hint: "YAML 1.2 knows only true and false." };
  }
  if (wanted === "text" && (typeof given === "number" || typeof given === "boolean"))
    return { hint: "Put it in quotes." };
  return {};
}

/** `metadata.reason`, `commands[1]`. */
function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, part) =>
      typeof part === "number" ? `${name}[${part}]` : name === "" ? String(part) : `${name}.${String(part)}`,
    "",
  );
}
