import { z } from "zod";
import { registryIn } from "./registry.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const serviceGroupLookup = defineStep({
  summary: "The names of the services in a group of the registry.",
  schema: z.strictObject({
    group: wordSchema.describe("Name of the group."),
    file: wordSchema.optional().describe("Another registry than infra/services.yml."),
  }),
  effect: "read-only",
  plan: ({ group }) => [{ label: "look up", text: `group ${group}` }],
  run: async ({ group, file }, context) => done(registryIn(file, context).group(group)),
});
