import { z } from "zod";
import { lineText } from "./scalars.ts";
import type { TriggerKind } from "./trigger-kinds.ts";

const settings: Readonly<Record<string, z.ZodType>> = {
  cron: z.string().min(1).describe("`minute hour day month weekday`."),
  timezone: z.string().describe("`Europe/Rome`; else `timezone` of garza.yml, else UTC."),
  parameters: z.record(z.string(), z.unknown()).describe("Parameters of the operation."),
  description: lineText.describe("For people."),
};

const eventFields: Readonly<Record<string, z.ZodType>> = {
  consecutive_failures: z.number().int().min(1).describe("How many checks failed in a row."),
};

const schemas = new Map<string, z.ZodType>();

/** The fields of a kind of trigger. */
export function triggerSchema(name: string, { event, settings: own = [], open }: TriggerKind): z.ZodType {
  const known = schemas.get(name);
  if (known) return known;
  const shape = Object.fromEntries([
    ...event.map((field) => [field, (eventFields[field] ?? lineText).optional()] as const),
    ...own.map((field) => [field, (settings[field] ?? z.unknown()).optional()] as const),
  ]);
  const schema = open ? z.looseObject(shape) : z.strictObject(shape);
  schemas.set(name, schema);
  return schema;
}
