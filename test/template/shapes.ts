/** A few step types, enough to read templates with. */
import { z } from "zod";
import type { StepShape, StepShapes } from "../../src/template/step-type.ts";

const text = z.string();
const number = z.number();

const shape = (schema: Record<string, z.ZodType>, rest: Partial<StepShape> = {}): StepShape => ({
  summary: "A step.",
  schema: z.strictObject(schema),
  ...rest,
});

export const shapes: StepShapes = {
  command: shape(
    {
      command: text.optional(),
      commands: z.array(text).optional(),
      directory: text.optional(),
      env: z.record(text, z.union([text, number])).optional(),
      expected_output: text.optional(),
      expected_exit: z.number().int().optional(),
    },
    {
      languages: { command: "shell", commands: "shell" },
      asks: (config) => Object.keys(config).some((key) => key.startsWith("expected_")),
      faults: ({ command, commands }) =>
        (command === undefined) === (commands === undefined)
          ? [{ message: "`command` or `commands`, one of them" }]
          : [],
    },
  ),
  health_check: {
    summary: "A check.",
    schema: z
      .strictObject({
        method: z.enum(["http", "tcp"]).optional(),
        url: text.optional(),
        port: z.number().int().min(1).max(65535).optional(),
        expected_status: z.union([number, z.array(number)]).optional(),
      })
      .refine(({ method, port }) => method !== "tcp" || port !== undefined, { error: "tcp needs a port" }),
    asks: () => true,
    sets: () => ["health_status"],
  },
  lock: shape({
    resource: text,
    metadata: z.strictObject({ operator: text.optional(), reason: text.optional() }).optional(),
  }),
  git: shape({ command: text }, { languages: { command: "git" } }),
  script: shape({ script: text, args: z.array(text).optional() }, { asks: () => true }),
  state_check: shape({ file: text, path: text.optional() }, { languages: { path: "state-path" } }),
  state_update: shape(
    { file: text, updates: z.record(text, z.unknown()) },
    { languages: { updates: "state-updates" } },
  ),
  conditional: shape(
    { condition: z.union([text, z.boolean()]), exit: z.boolean().optional() },
    { languages: { condition: "condition" }, nested: { steps: "list", else: "list" }, nestedRequired: ["steps"] },
  ),
  foreach: shape(
    { items: z.union([text, z.array(z.unknown())]), as: text.optional() },
    {
      nested: { steps: "list" },
      nestedRequired: ["steps"],
      binds: ({ as }) => [typeof as === "string" ? as : "item"],
    },
  ),
  parallel: shape({}, { nested: { branches: "branches" }, nestedRequired: ["branches"] }),
  wait_for: shape(
    { condition: text, interval: number.optional() },
    { languages: { condition: "condition" }, nested: { steps: "list" } },
  ),
  filter: shape({ condition: text, from: text.optional() }, { languages: { condition: "condition" } }),
  delay: shape({ seconds: number }),
  set: shape(
    { values: z.record(text, z.unknown()) },
    { languages: { values: "expression" }, sets: ({ values }) => Object.keys((values ?? {}) as object) },
  ),
  service_lookup: shape(
    { service: text, get: text },
    { defaultOutput: ({ get }) => (typeof get === "string" ? get.split(".").at(-1) : undefined) },
  ),
  notification: shape({
    channel: text.optional(),
    message: text,
    priority: z.enum(["low", "normal", "high"]).optional(),
  }),
  load_operation: shape(
    { template: text, parameters: z.record(text, z.unknown()).optional(), execute: z.boolean().optional() },
    { asks: () => true },
  ),
};
