import { z } from "zod";
import { conditionSchema, proseSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed } from "./step.ts";

export const assert = defineStep({
  summary: "Fail unless a condition holds.",
  schema: z.strictObject({
    condition: conditionSchema.describe("Expression that has to hold."),
    message: proseSchema.optional().describe("What to say where it does not."),
  }),
  languages: { condition: "condition" },
  effect: "read-only",
  plan: ({ condition }) => [{ label: "assert", text: condition }],

  async run({ condition, message }, context) {
    if (context.condition(condition)) return done(null);
    return failed(message ?? `the condition does not hold: ${condition}`);
  },
});
