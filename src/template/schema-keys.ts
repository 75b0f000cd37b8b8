/** What a zod schema says of one place in it, by way of its JSON Schema. */
import { z } from "zod";

export type JsonSchema = { [key: string]: unknown };

const known = new WeakMap<z.ZodType, JsonSchema>();

export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const found = known.get(schema);
  if (found) return found;
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  known.set(schema, made);
  return made;
}

/** The keys that can stand in the mapping at a path. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return schemasAt(schema, path).flatMap((each) => Object.keys((each.properties ?? {}) as object));
}

/** Some values that the schema has nothing against, for the place at a path. */
export function candidatesAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown[] {
  return schemasAt(schema, path).flatMap(candidates);
}

function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): JsonSchema[] {
  let here = alternatives(jsonSchemaOf(schema));
  for (const part of path) {
    here = here.flatMap((each) => {
      const properties = (each.properties ?? {}) as Record<string, JsonSchema>;
      const key = String(part);
      const next = Object.hasOwn(properties, key) ? properties[key] : (each.items ?? each.additionalProperties);
      return typeof next === "object" && next !== null ? alternatives(next as JsonSchema) : [];
    });
  }
  return here;
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const choices = (schema.anyOf ?? schema.oneOf ?? schema.allOf) as JsonSchema[] | undefined;
  return choices ? choices.flatMap(alternatives) : [schema];
}

function candidates(schema: JsonSchema): unknown[] {
  if ("const" in schema) return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum;
  if (schema.type === "boolean") return [true, false];
  if (schema.type === "number" || schema.type === "integer") {
    const { minimum, exclusiveMinimum, maximum } = schema;
    const least =
      typeof minimum === "number" ? minimum : typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : 1;
    return [typeof maximum === "number" ? Math.min(least, maximum) : Math.max(least, 1)];
  }
  if (schema.type === "array") return [[]];
  if (schema.type === "object") return [{}];
  return schema.type === "string" ? ["text"] : [];
}
