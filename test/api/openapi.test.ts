import { expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApi } from "../../src/api/openapi.ts";
import { routes } from "../../src/api/routes/index.ts";
import { served } from "./served.ts";

type Documented = {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, Record<string, unknown>> };
};

/** As it goes out. */
const document = JSON.parse(JSON.stringify(openApi())) as Documented;

test("the document is OpenAPI 3.1, and every reference in it leads somewhere", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(validator.version).toBe("3.1");
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  const missing = references.filter(([, name = ""]) => !(name in document.components.schemas));
  expect(missing).toEqual([]);
});

test("every route is in it once, with a name of its own, what it answers and what it refuses", () => {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(listed.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path.replace("...", "")}`).sort());
  const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  expect(new Set(described.map(({ operationId }) => operationId)).size).toBe(routes.length);
  for (const { responses } of described) expect(Object.keys(responses)).toContain("default");
});

test("what a route takes and answers as JSON has a name, and no schema is in the document for nothing", () => {
  for (const { path, body, answers } of routes) {
    const where = JSON.stringify(document.paths[path.replace("...", "")]);
    if (body) expect(where).toContain('"application/json":{"schema":{"$ref"');
    if (answers.schema) expect(where).toContain('"$ref":"#/components/schemas/');
  }
  const text = JSON.stringify(document);
  const used = (name: string) => text.includes(`#/components/schemas/${name}"`);
  expect(Object.keys(document.components.schemas).filter((name) => !used(name))).toEqual([]);
});

test("it is served, and what is documented as refused is refused", async () => {
  await using box = await served();
  const { status, body } = await box.request("/v1/openapi.json");
  expect(status).toBe(200);
  expect(body as object).toEqual(document);
  for (const { method, path } of routes) {
    const at = path.replace(/\{[^}]+\}/g, "x");
    expect((await box.request(`${at}?no_such_field=1`, { method })).body).toMatchObject({ status: 400, kind: "usage" });
  }
});
