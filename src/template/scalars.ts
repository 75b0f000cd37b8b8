/** Schemas of the scalars that templates are made of, as they are written. */
import { z } from "zod";
import { parseDuration } from "../core/duration.ts";
import { forbiddenKeys } from "../core/value.ts";

export const durationText = z
  .union([z.number(), z.string()], { error: "expected a duration (30, 30s, 5m)" })
  .refine((value) => parseDuration(value) !== undefined, { error: "expected a duration (30, 30s, 5m)" });

export const countText = z
  .union([z.number(), z.string()], { error: "expected a whole number" })
  .refine((value) => /^\d+$/.test(String(value)), { error: "expected a whole number" });

export const numberText = z
  .union([z.number(), z.string()], { error: "expected a number" })
  .refine((value) => /^\d+(\.\d+)?$/.test(String(value)), { error: "expected a number that is not negative" });

export const flagText = z.union([z.boolean(), z.enum(["true", "false"])], { error: "expected true or false" });

/** Text for people: what YAML reads as a number or a flag is text here all the same. */
export const lineText = z.union([z.string(), z.number(), z.boolean()], { error: "expected text" });

export const conditionText = z.union([z.string(), z.boolean()], { error: "expected a condition" });

/** What `${…}` can refer to: letters, digits and `_`, with single dashes inside. */
export function isName(text: string): boolean {
  return (
    /^[\p{L}_][\p{L}\p{N}\p{M}_]*(?:-+[\p{L}\p{N}\p{M}_]+)*$/u.test(text) &&
    !reserved.has(text) &&
    !forbiddenKeys.has(text)
  );
}

const reserved: ReadonlySet<string> = new Set(["true", "false", "null", "in", "AND", "OR", "NOT"]);

export const nameText = z.string().refine(isName, {
  error:
    "can't be a name: expected letters, digits and _, not beginning with a digit, and none of true, false, null, in, AND, OR, NOT",
});
