/** Scalars as they come out of `${…}`: numbers and flags may be text, texts may be numbers. */
import { z } from "zod";
import { toText, type Value } from "../core/value.ts";

/** One word or line: a name, an address. */
export const wordSchema = z.union([z.string(), z.number()], { error: "expected text" }).transform(String);

/** Text for people, to which any value can be turned. */
export const proseSchema = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
  .transform((value) => toText(value as Value));

/** `true`, `false`, or these words as text. */
export const flagSchema = z.union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")], {
  error: "expected true or false",
});

/** A whole number, or its digits as text. */
export const wholeNumberSchema = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const expected = { error: `expected a whole number ${range}` };
  return z
    .union([z.number(), z.string().regex(/^\d+$/, expected)], expected)
    .transform(Number)
    .refine((number) => Number.isSafeInteger(number) && number >= least && number <= most, expected);
};

/** An expression, read by the step itself. */
export const conditionSchema = z.union([z.string(), z.boolean()], { error: "expected a condition" }).transform(String);
