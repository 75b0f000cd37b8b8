import { z } from "zod";
import { passOn } from "./nested.ts";
import { conditionSchema, flagSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const conditional = defineStep({
  summary: "Run steps where a condition holds, others where it does not.",
  schema: z.strictObject({
    condition: conditionSchema.describe("Expression that decides."),
    exit: flagSchema.optional().describe("After `steps` were run the operation ends, successful."),
  }),
  languages: { condition: "condition" },
  nested: { steps: "list", else: "list" },
  nestedRequired: ["steps"],
  // What it changes, its nested steps change.
  effect: "read-only",

  plan(config, context) {
    const decision = context.decide(config.condition);
    const verdict = decision === null ? "decided by the run" : decision ? "holds" : "does not hold";
    const end = config.exit ? ", and the operation ends after its steps" : "";
    return [{ label: "if", text: `${config.condition} (${verdict}${end})` }];
  },

  async run(config, context) {
    const branch = context.condition(config.condition) ? "steps" : "else";
    if (!context.nestedKeys.includes(branch)) return done("none");
    const outcome = await context.nested(branch);
    const end = passOn(outcome);
    if (end) return end;
    if (branch === "steps" && config.exit) return { kind: "exit", status: "success", message: "" };
    return done(branch);
  },
});
