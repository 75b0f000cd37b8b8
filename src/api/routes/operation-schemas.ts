/** What the routes of operations take. */
import { z } from "zod";
import { parseDuration } from "../../core/duration.ts";
import type { Given } from "../../template/parameters.ts";
import type { Wanted } from "../control.ts";
import { longestPosition, positionPattern } from "../position.ts";
import { anything } from "../route.ts";
import { operationStatus } from "../schemas/event.ts";
import { name as named } from "../schemas/named.ts";

const name = z.string().min(1).max(500);

/** Milliseconds since 1970, or a date with a time and its zone. */
const time = z.union([
  z.int().min(0),
  z.iso.datetime({ offset: true, error: "must be like 2030-01-31T12:00:00Z" }).transform((text) => Date.parse(text)),
]);

/** `file` is where the text was read, for faults. */
const source = z
  .strictObject({ name, file: name.optional(), text: z.string() })
  .transform(({ name, file = name, text }) => ({ name, file, text }));

/** How a submission is to be run; the same in a line of a batch file. */
export const asking = {
  priority: z.int().min(0).max(9).default(5),
  key: z
    .string()
    .regex(/^[\x20-\x7e]{1,200}$/, "must be 1 to 200 printable characters")
    .optional(),
  timeout: z
    .string()
    .refine((text) => parseDuration(text), "must be a duration like 30s, 5m, 2h")
    .optional(),
};

export const wantedJson = named(
  "Submission",
  z
    .strictObject({
      template: z.union([name, source]),
      parameters: z.record(z.string(), anything).default({}),
      /** As typed: converted to the parameter's type. */
      text_parameters: z.record(z.string(), z.string()).default({}),
      ...asking,
      asked_by: name.default("socket"),
      not_before: time.optional(),
      not_after: time.optional(),
    })
    .refine(
      ({ parameters, text_parameters }) => !Object.keys(parameters).some((key) => Object.hasOwn(text_parameters, key)),
      {
        path: ["text_parameters"],
        error: "must not repeat one of parameters",
      },
    ),
);

export const batch = named("Batch", z.strictObject({ operations: z.array(wantedJson).min(1) }));
export const submission = named("SubmissionOrBatch", z.union([wantedJson, batch]));

/** As the client writes it. */
export type WantedJson = z.input<typeof wantedJson>;

export function toWanted(json: z.output<typeof wantedJson>): Wanted {
  const { template, priority, asked_by, key, timeout, not_before, not_after } = json;
  const given: [string, Given][] = [
    ...Object.entries(json.parameters).map(([name, value]): [string, Given] => [name, { json: value }]),
    ...Object.entries(json.text_parameters).map(([name, text]): [string, Given] => [name, { text }]),
  ];
  return {
    template,
    parameters: Object.fromEntries(given),
    priority,
    askedBy: asked_by,
    ...(key !== undefined && { key }),
    ...(timeout !== undefined && { timeout }),
    ...(not_before !== undefined && { notBefore: not_before }),
    ...(not_after !== undefined && { notAfter: not_after }),
  };
}

export const filter = z.strictObject({
  status: operationStatus.optional(),
  template: name.optional(),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}|1000)$/, "must be 1 to 1000")
    .default("50"),
  cursor: z.string().max(200).optional(),
});

const by = name.describe("Who asks, by their own word.");
export const asked = named("Asked", z.strictObject({ by }));
export const resumption = named(
  "Resumption",
  z.strictObject({ by, from: name.optional().describe("The step to begin with again, by name.") }),
);
export const resolution = named(
  "Resolution",
  z.strictObject({ by, step: name, as: z.enum(["done", "not-done", "failed"]) }),
);

export const position = z
  .string()
  .max(longestPosition)
  .regex(positionPattern, "must be the id of a frame, or the sequence number of an event");

export const following = z.strictObject({
  after: position.default("0").describe("Where to go on from: the id of a frame, or the number of an event."),
  output: z.enum(["0", "1"]).default("0").describe("1: what steps print, too, as frames `output`."),
});

const whole = (error: string) => z.string().regex(/^\d{1,15}$/, error);
export const stretch = z.strictObject({
  step: name.describe("A step's name or key."),
  attempt: whole("must be a number").optional().describe("Default: the last one."),
  stream: z.enum(["out", "err"]).default("out"),
  from: whole("must be a number of bytes").default("0").describe("A byte: the `Garza-Position` of an earlier answer."),
});
