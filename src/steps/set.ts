import { z } from "zod";
import type { Value } from "../core/value.ts";
import { isMapping } from "../core/value.ts";
import { defineStep, done } from "./step.ts";

export const set = defineStep({
  summary: "Give names to values.",
  schema: z.strictObject({
    values: z.record(z.string(), z.unknown()).describe("Name to value; each sees the names before it."),
  }),
  languages: { values: "expression" },
  sets: (config) => (isMapping(config.values) ? Object.keys(config.values) : []),
  effect: "read-only",

  plan({ values }, context) {
    const scope = context.scope.nest();
    return Object.entries(values).map(([name, written]) => {
      const value = context.text(written as Value, scope);
      scope.set(name, value);
      return { label: "set", text: `${name} = ${JSON.stringify(value)}` };
    });
  },

  async run({ values }, context) {
    const scope = context.scope.nest();
    for (const [name, written] of Object.entries(values)) scope.set(name, context.text(written as Value, scope));
    return done(null, {}, scope.own());
  },
});
