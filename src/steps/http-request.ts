import { z } from "zod";
import type { HttpAnswer } from "../core/http.ts";
import { jsonBody } from "../core/http-json.ts";
import { basicAuth } from "../core/http-url.ts";
import { expectationKeys, followsRedirects, unmet } from "./http-expectation.ts";
import { proseSchema, wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed, type StepContext, type StepRecord } from "./step.ts";

const schema = z.strictObject({
  method: z
    .string()
    .regex(/^[A-Za-z]+$/, { error: "expected a method (GET, POST, …)" })
    .transform((method) => method.toUpperCase())
    .default("GET"),
  url: wordSchema.describe("http or https."),
  headers: z.record(z.string(), proseSchema).default({}),
  body: proseSchema.optional().describe("Text to send."),
  json: z.unknown().optional().describe("A value to send as JSON."),
  ...expectationKeys,
  auth: z
    .union([z.strictObject({ username: wordSchema, password: wordSchema }), z.strictObject({ bearer: wordSchema })], {
      error: "expected username and password, or bearer",
    })
    .optional(),
});
type Config = z.infer<typeof schema>;

const readOnlyMethods = ["GET", "HEAD", "OPTIONS"];
const isReadOnly = ({ method }: Config) => readOnlyMethods.includes(method);

export const httpRequest = defineStep({
  summary: "Send an HTTP request.",
  schema,
  places: ["url"],
  asks: (config) => config.expected_status !== undefined || config.expected_body_contains !== undefined,
  faults: (config) =>
    config.body !== undefined && config.json !== undefined
      ? [{ key: "json", message: "a request has `body` or `json`, not both" }]
      : [],
  effect: (config) => (isReadOnly(config) ? "read-only" : "changes"),
  defaultTimeout: 30,

  plan(config) {
    const body = bodyOf(config);
    const request = { label: "request", text: `${config.method} ${config.url}` };
    return body === undefined ? [request] : [request, { label: "body", text: body }];
  },

  async run(config, context) {
    const body = bodyOf(config);
    const answer = await context.http({
      method: config.method,
      url: config.url,
      headers: headersOf(config, context.token),
      ...(body !== undefined && { body }),
      timeoutMs: context.remainingMs() ?? 30_000,
      follow: followsRedirects(config),
    });
    const record = recordOf(answer, context);
    const why = unmet(answer, config);
    if (why !== undefined) return failed(`${config.method} ${config.url}: ${why}${excerpt(answer.body)}`, record);
    return done(record.json === undefined ? answer.body : record.json, record);
  },
});

function bodyOf({ body, json }: Config): string | undefined {
  return json === undefined ? body : JSON.stringify(json);
}

function headersOf(config: Config, token: string): Record<string, string> {
  const { auth } = config;
  const ours: Record<string, string> = {
    ...(config.json !== undefined && { "content-type": "application/json" }),
    ...(auth && {
      authorization: "bearer" in auth ? `Bearer ${auth.bearer}` : basicAuth(auth.username, auth.password),
    }),
    // The other side can tell by it that a request was sent twice.
    ...(!isReadOnly(config) && { "idempotency-key": token }),
  };
  const written = Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...ours, ...Object.fromEntries(written) };
}

function recordOf(answer: HttpAnswer, context: StepContext): StepRecord {
  const record: StepRecord = { code: answer.status, body: answer.body };
  if (answer.truncated)
    context.warn(`the answer was longer than what is kept of it (${answer.body.length} characters)`);
  const json = jsonBody(answer);
  return json === undefined ? record : { ...record, json };
}

const excerpt = (body: string) => {
  const line = body.trim().slice(0, 200);
  return line === "" ? "" : `: ${line}`;
};
