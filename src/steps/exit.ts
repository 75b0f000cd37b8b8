import { z } from "zod";
import { proseSchema } from "./scalar-schemas.ts";
import { defineStep } from "./step.ts";

export const exit = defineStep({
  summary: "End the operation here.",
  schema: z.strictObject({
    status: z.enum(["success", "failed"]).default("success").describe("How the operation ends."),
    message: proseSchema.optional().describe("Why."),
  }),
  effect: "read-only",
  plan: ({ status, message }) => [{ label: "exit", text: message ? `${status}: ${message}` : status }],
  run: async ({ status, message }) => ({ kind: "exit", status, message: message ?? "" }),
});
