/** Schemas that have a name in the OpenAPI document. */
import { z } from "zod";

export const named = z.registry<{ id: string }>();

/** The same schema, under its name. */
export function name<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  named.add(schema, { id });
  return schema;
}

/** Milliseconds since 1970. */
export const instant = z.int().describe("Milliseconds since 1970.");
export const textOrNull = z.union([z.string(), z.null()]);
export const instantOrNull = z.union([z.int(), z.null()]).describe("Milliseconds since 1970.");
