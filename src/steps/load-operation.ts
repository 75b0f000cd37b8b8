import { z } from "zod";
import type { Mapping } from "../core/value.ts";
import { flagSchema, wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed } from "./step.ts";

export const loadOperation = defineStep({
  summary: "Run another template within this operation.",
  schema: z.strictObject({
    template: wordSchema.describe("Name of the template: `maintain/restart`."),
    parameters: z.record(z.string(), z.unknown()).default({}).describe("Its parameters."),
    execute: flagSchema.default(true).describe("False: only validate it."),
  }),
  places: ["template"],
  asks: () => true,
  word: "success",
  effect: ({ execute }) => (execute ? "changes" : "read-only"),
  resumes: true,

  plan: ({ template, parameters, execute }) => [
    { label: execute ? "run" : "validate", text: [template, ...Object.entries(parameters).map(shown)].join(" ") },
  ],

  async run({ template, parameters, execute }, context) {
    const { status, message, id } = await context.loadOperation({
      template,
      parameters: parameters as Mapping,
      execute,
    });
    if (id !== null) context.say(`operation ${id}: ${status}`);
    return status === "success" ? done("success") : failed(message);
  },
});

const shown = ([name, value]: [string, unknown]) => `${name}=${JSON.stringify(value)}`;
