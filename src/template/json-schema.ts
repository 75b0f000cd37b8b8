/** The JSON Schema by which editors complete and check templates. */
import type { z } from "zod";
import {
  notificationMoments,
  operationSchema,
  prerequisiteSchema,
  recoveryStatsSchema,
  resultsSchema,
  rollbackSchema,
  topLevelKeys,
} from "./operation-schema.ts";
import { parameterSchema } from "./parameter-schema.ts";
import { type JsonSchema, jsonSchemaOf } from "./schema-keys.ts";
import { ownKeyDescriptions, stepOptionsSchema } from "./step-keys.ts";
import type { StepShape, StepShapes } from "./step-type.ts";
import { triggerKinds } from "./trigger-kinds.ts";
import { triggerSchema } from "./trigger-schema.ts";

/** Made from the step types' own schemas, each value also allowing text with `${…}`. */
export function templateJsonSchema(shapes: StepShapes): object {
  const types = Object.entries(shapes);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "GARZA operation template",
    ...mapping(described(topLevel()), ["operation", "steps"]),
    $defs: {
      steps: { type: "array", items: ref("step") },
      step: {
        type: "object",
        required: ["type"],
        properties: { type: { enum: types.map(([name]) => name), description: ownKeyDescriptions.type } },
        allOf: types.map(([name]) => ({
          if: { properties: { type: { const: name } }, required: ["type"] },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: ref(`step.${name}`),
        })),
      },
      ...Object.fromEntries(types.map(([name, shape]) => [`step.${name}`, step(name, shape)])),
      ...(shapes.notification && { notification: notification(shapes.notification) }),
    },
  };
}

const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
const steps = ref("steps");
const author = { "^x-": {} };

const mapping = (properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema => ({
  type: "object",
  properties,
  ...(required.length > 0 && { required }),
  patternProperties: author,
  additionalProperties: false,
});

function described(sections: Record<keyof typeof topLevelKeys, JsonSchema>): Record<string, JsonSchema> {
  const entries = Object.entries(sections) as [keyof typeof topLevelKeys, JsonSchema][];
  return Object.fromEntries(entries.map(([key, schema]) => [key, { description: topLevelKeys[key], ...schema }]));
}

function topLevel(): Record<keyof typeof topLevelKeys, JsonSchema> {
  const moments = notificationMoments.map((moment) => [moment, { type: "array", items: ref("notification") }] as const);
  return {
    operation: keysOf(operationSchema, ["name", "type"]),
    parameters: {
      type: "object",
      additionalProperties: { anyOf: [{ not: { type: "object" } }, keysOf(parameterSchema)] },
    },
    prerequisites: { type: "array", items: keysOf(prerequisiteSchema) },
    steps,
    rollback: mapping({ ...propertiesOf(rollbackSchema), on_failure: steps }),
    notifications: mapping(Object.fromEntries(moments)),
    triggers: { type: "array", items: { anyOf: Object.keys(triggerKinds).flatMap(triggerForms) } },
    results: keysOf(resultsSchema),
    recovery_stats: keysOf(recoveryStatsSchema),
  };
}

function step(type: string, shape: StepShape): JsonSchema {
  const { summary, nested = {}, nestedRequired = [] } = shape;
  const lists = Object.entries(nested).map(([key, form]) => [key, form === "list" ? steps : branches] as const);
  const properties = {
    type: { const: type, description: ownKeyDescriptions.type },
    name: { type: "string", description: ownKeyDescriptions.name },
    ...optionProperties(),
    ...propertiesOf(shape.schema, ["as"]),
    ...Object.fromEntries(lists),
    undo: { ...steps, description: ownKeyDescriptions.undo },
  };
  return { description: summary, ...mapping(properties, ["type", ...requiredOf(shape.schema), ...nestedRequired]) };
}

const branches: JsonSchema = { type: "object", additionalProperties: steps };

function notification(shape: StepShape): JsonSchema {
  const name = { type: "string", description: ownKeyDescriptions.name };
  return mapping({ name, ...optionProperties(), ...propertiesOf(shape.schema) }, requiredOf(shape.schema));
}

const optionProperties = () => propertiesOf(stepOptionsSchema, ["output"]);

function triggerForms(name: string): JsonSchema[] {
  const kind = triggerKinds[name];
  if (!kind) return [];
  const when = { type: ["string", "boolean"], description: "Filters by the event's fields and the registry's." };
  const fields = { ...propertiesOf(triggerSchema(name, kind)), when };
  const inside = kind.open ? { type: "object", properties: fields } : mapping(fields);
  const flat = { type: { const: name }, ...fields };
  return [
    {
      description: kind.summary,
      ...mapping({ [name]: { anyOf: [inside, { type: ["string", "null"] }] }, when }, [name]),
    },
    { ...(kind.open ? { type: "object", properties: flat, required: ["type"] } : mapping(flat, ["type"])) },
  ];
}

/** A strict mapping of ours. `plain`: keys that can't hold `${…}`. */
function keysOf(schema: z.ZodType, plain: readonly string[] = []): JsonSchema {
  return mapping(propertiesOf(schema, plain), requiredOf(schema));
}

function propertiesOf(schema: z.ZodType, plain: readonly string[] = []): Record<string, JsonSchema> {
  const properties = (jsonSchemaOf(schema).properties ?? {}) as Record<string, JsonSchema>;
  const open = Object.entries(properties).map(
    ([key, each]) => [key, plain.includes(key) ? each : fillable(each)] as const,
  );
  return Object.fromEntries(open);
}

const requiredOf = (schema: z.ZodType): readonly string[] => (jsonSchemaOf(schema).required ?? []) as string[];

const placeholder: JsonSchema = { type: "string", pattern: "\\$\\{" };

/** The same, where each value may be text with `${…}` instead, also inside lists and mappings. */
function fillable(schema: JsonSchema): JsonSchema {
  const { description, default: fallback, ...form } = schema;
  const inner = fillableInside(form);
  const texts = {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  };
  return isAnyText(form) ? { ...texts, ...inner } : { ...texts, anyOf: [inner, placeholder] };
}

function fillableInside(schema: JsonSchema): JsonSchema {
  const made: JsonSchema = { ...schema };
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    if (Array.isArray(schema[key])) made[key] = schema[key].map((each: JsonSchema) => fillableInside(each));
  }
  for (const key of ["items", "additionalProperties"]) {
    if (typeof schema[key] === "object" && schema[key] !== null) made[key] = fillable(schema[key] as JsonSchema);
  }
  if (typeof schema.properties === "object" && schema.properties !== null) {
    const properties = Object.entries(schema.properties as Record<string, JsonSchema>);
    made.properties = Object.fromEntries(properties.map(([key, each]) => [key, fillable(each)]));
    made.patternProperties = author;
  }
  return made;
}

/** Whether any text fits already. */
function isAnyText(schema: JsonSchema): boolean {
  const forms = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(forms)) return forms.some((each: JsonSchema) => isAnyText(each));
  if (Object.keys(schema).length === 0) return true;
  return schema.type === "string" && !["pattern", "enum", "const", "format", "maxLength"].some((key) => key in schema);
}
