/** The OpenAPI document, from the table of routes and the schemas that check what comes in. */
import { z } from "zod";
import { type Problem, problems } from "../core/problems.ts";
import { version } from "../core/version.ts";
import { problemType } from "./problem-document.ts";
import type { Described } from "./route.ts";
import { routes } from "./routes/index.ts";
import { named } from "./schemas/named.ts";

type Json = { [key: string]: unknown };

let made: Json | undefined;

/** OpenAPI 3.1. The same object each time: it is changed by nobody. */
export function openApi(): Json {
  made ??= makeDocument(routes);
  return made;
}

function makeDocument(table: readonly Described[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of table) {
    const path = route.path.replace("...", "");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "GARZA's control API",
      version,
      description:
        "HTTP and JSON over the agent's Unix socket, for its owner alone. Bodies and queries are read strictly: an unknown field is a fault.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "http://garza", description: "Whatever the host is called: the socket decides." }],
    security: [],
    paths,
    components: { schemas: { ...componentSchemas(), Problem: problemSchema }, responses: { Problem: anyProblem } },
  };
}

function describeRoute(route: Described): Json {
  const { path, method, summary, body, answers, refuses = [] } = route;
  const parameters = parametersOf(route);
  return {
    operationId: idOf(method, path),
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body) } } } }),
    responses: {
      [answers.status ?? 200]: answerOf(answers),
      ...refusals(refuses),
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function parametersOf({ parameters = {}, query, header }: Described): Json[] {
  const inPath = Object.entries(parameters).map(([name, description]) => ({
    ...{ name, in: "path", required: true, description },
    schema: { type: "string", minLength: 1 },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = jsonSchema(field);
    const required = !field.safeParse(undefined).success;
    return { name, in: "query", required, ...(description !== undefined && { description }), schema };
  });
  if (!header) return [...inPath, ...inQuery];
  const { name, says, schema } = header;
  return [...inPath, ...inQuery, { name, in: "header", description: says, schema: jsonSchema(schema) }];
}

function answerOf({ says, schema, type = "application/json", headers = {}, frames }: Described["answers"]): Json {
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  const plain = { type: type === "application/json" ? "object" : "string" };
  const held = frames && Object.entries(frames).map(([name, held]) => [name, jsonSchema(held)]);
  return {
    description: says,
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
    content: {
      [type]: { schema: schema ? jsonSchema(schema) : plain, ...(held && { "x-frames": Object.fromEntries(held) }) },
    },
  };
}

/** `get_operations_id_events`: stable as long as the path is. */
const idOf = (method: string, path: string) =>
  [method.toLowerCase(), ...path.replace("/v1/", "").split(/[^a-z]+/)].filter(Boolean).join("_");

function refusals(kinds: readonly Problem["kind"][]): Json {
  const byStatus = new Map<number, string[]>();
  for (const kind of new Set<Problem["kind"]>(["usage", "busy", ...kinds])) {
    const { http } = problems[kind];
    byStatus.set(http, [...(byStatus.get(http) ?? []), kind]);
  }
  const content = { [problemType]: { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [status, { description: names.join(", "), content }]),
  );
}

const reference = (id: string) => `#/components/schemas/${id}`;

/** A schema with a name is referred to. Answers are described as they go out: none is changed on the way. */
function jsonSchema(schema: z.ZodType): Json {
  const id = named.get(schema)?.id;
  return id === undefined ? bare(z.toJSONSchema(schema, options)) : { $ref: reference(id) };
}

const options = { uri: reference, io: "input", unrepresentable: "any" } as const;

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(named, options);
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema as Json)]));
}

/** References are to places in the document, not to the names that each schema would have by itself. */
const bare = ({ $schema: _, $id: __, ...schema }: Json): Json => schema;

const problemSchema = {
  type: "object",
  description: "What happened, where, and what to do next. The fields of its kind stand beside these.",
  required: ["type", "title", "status", "kind", "detail"],
  properties: {
    type: { const: "about:blank" },
    title: { type: "string" },
    status: { type: "integer" },
    kind: { type: "string", description: "Stable.", enum: [...Object.keys(problems), "bug"] },
    detail: { type: "string", description: "For a person." },
  },
};

const anyProblem = {
  description: "A problem.",
  content: { [problemType]: { schema: { $ref: reference("Problem") } } },
};
