/** As much of a validator for JSON Schema as the schema of templates uses. */
type Schema = Record<string, unknown>;

/** What a schema has against a value, one line for each place. */
export function faultsOfSchema(root: object, value: unknown): string[] {
  return check(root as Schema, value, "", root as Schema);
}

function check(schema: Schema, value: unknown, at: string, root: Schema): string[] {
  const known = new Set(Object.keys(schema));
  for (const keyword of known) {
    if (!(keyword in keywords) && !ignored.has(keyword)) throw new Error(`the keyword ${keyword} is not checked here`);
  }
  return Object.entries(keywords).flatMap(([keyword, rule]) =>
    known.has(keyword) ? rule(schema, value, at, root) : [],
  );
}

const ignored = new Set([
  "$schema",
  "title",
  "description",
  "default",
  "$defs",
  "then",
  "patternProperties",
  "propertyNames",
]);

type Rule = (schema: Schema, value: unknown, at: string, root: Schema) => string[];

const when = (broken: boolean, at: string, message: string) => (broken ? [`${at}: ${message}`] : []);
const isMapping = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const under = (at: string, key: string | number) => (at === "" ? String(key) : `${at}.${key}`);
const count = (schemas: unknown, value: unknown, at: string, root: Schema) =>
  (schemas as Schema[]).filter((each) => check(each, value, at, root).length === 0).length;

function isOf(type: unknown, value: unknown): boolean {
  if (Array.isArray(type)) return type.some((each) => isOf(each, value));
  if (type === "object") return isMapping(value);
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return type === "null" ? value === null : typeof value === type;
}

const keywords: Record<string, Rule> = {
  $ref: ({ $ref }, value, at, root) => check(lookUp(String($ref), root), value, at, root),
  type: ({ type }, value, at) => when(!isOf(type, value), at, `not ${type}`),
  const: ({ const: wanted }, value, at) => when(value !== wanted, at, `not ${wanted}`),
  enum: ({ enum: allowed }, value, at) => when(!(allowed as unknown[]).includes(value), at, `none of ${allowed}`),
  pattern: ({ pattern }, value, at) =>
    when(typeof value === "string" && !new RegExp(String(pattern), "u").test(value), at, `unlike ${pattern}`),
  minLength: ({ minLength }, value, at) =>
    when(typeof value === "string" && value.length < Number(minLength), at, "too short"),
  maxLength: ({ maxLength }, value, at) =>
    when(typeof value === "string" && value.length > Number(maxLength), at, "too long"),
  minimum: ({ minimum }, value, at) => when(typeof value === "number" && value < Number(minimum), at, "too small"),
  exclusiveMinimum: ({ exclusiveMinimum }, value, at) =>
    when(typeof value === "number" && value <= Number(exclusiveMinimum), at, "too small"),
  maximum: ({ maximum }, value, at) => when(typeof value === "number" && value > Number(maximum), at, "too large"),
  minItems: ({ minItems }, value, at) => when(Array.isArray(value) && value.length < Number(minItems), at, "too few"),
  required: ({ required }, value, at) =>
    isMapping(value) ? (required as string[]).flatMap((key) => when(!(key in value), at, `${key} is missing`)) : [],
  properties: ({ properties }, value, at, root) =>
    isMapping(value)
      ? Object.entries(properties as Record<string, Schema>).flatMap(([key, each]) =>
          key in value ? check(each, value[key], under(at, key), root) : [],
        )
      : [],
  additionalProperties: (schema, value, at, root) =>
    isMapping(value)
      ? Object.entries(value)
          .filter(([key]) => !isNamed(schema, key))
          .flatMap(([key, each]) =>
            isMapping(schema.additionalProperties)
              ? check(schema.additionalProperties, each, under(at, key), root)
              : when(schema.additionalProperties === false, under(at, key), "not known"),
          )
      : [],
  items: ({ items }, value, at, root) =>
    Array.isArray(value) ? value.flatMap((each, i) => check(items as Schema, each, under(at, i), root)) : [],
  anyOf: ({ anyOf }, value, at, root) => when(count(anyOf, value, at, root) === 0, at, "fits no form"),
  oneOf: ({ oneOf }, value, at, root) => when(count(oneOf, value, at, root) !== 1, at, "does not fit one form"),
  allOf: ({ allOf }, value, at, root) => (allOf as Schema[]).flatMap((each) => check(each, value, at, root)),
  not: ({ not }, value, at, root) =>
    when(check(not as Schema, value, at, root).length === 0, at, "fits what it must not"),
  if: (schema, value, at, root) =>
    check(schema.if as Schema, value, at, root).length === 0 ? check(schema.then as Schema, value, at, root) : [],
};

function isNamed(schema: Schema, key: string): boolean {
  const patterns = Object.keys((schema.patternProperties ?? {}) as object);
  return key in ((schema.properties ?? {}) as object) || patterns.some((pattern) => new RegExp(pattern).test(key));
}

function lookUp(ref: string, root: Schema): Schema {
  return ref
    .replace(/^#\//, "")
    .split("/")
    .reduce((here, part) => here[part] as Schema, root);
}
