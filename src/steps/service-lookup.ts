import { z } from "zod";
import { nearest } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import { isMapping, type Value } from "../core/value.ts";
import { registryIn } from "./registry.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const serviceLookup = defineStep({
  summary: "Look a service up in the registry.",
  schema: z.strictObject({
    service: wordSchema.describe("Its name."),
    get: wordSchema
      .optional()
      .describe("One field of it, such as `host` or `health_check.url`. A missing one is null."),
    file: wordSchema.optional().describe("Another registry than infra/services.yml."),
  }),
  effect: "read-only",
  defaultOutput: ({ get }) => (typeof get === "string" && !get.includes("${") ? get.split(".").at(-1) : undefined),
  plan: ({ service, get }) => [{ label: "look up", text: get === undefined ? service : `${service} ${get}` }],

  async run({ service, get, file }, context) {
    const registry = registryIn(file, context);
    const entry = registry.entry(service);
    if (entry) return done(get === undefined ? entry : fieldOf(entry, get));
    const near = nearest(service, registry.names(), 3);
    throw problem({ kind: "service-unknown", service, what: "service", nearest: near });
  },
});

function fieldOf(entry: Value, get: string): Value {
  return get
    .split(".")
    .reduce<Value>((at, key) => (isMapping(at) && Object.hasOwn(at, key) ? (at[key] ?? null) : null), entry);
}
