import { beforeEach, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mapping } from "../../src/core/value.ts";
import { loadServices } from "../../src/hosts/read-services.ts";
import { serviceGroupLookup } from "../../src/steps/service-group-lookup.ts";
import { serviceLookup } from "../../src/steps/service-lookup.ts";
import { done, type StepContext, type StepType } from "../../src/steps/step.ts";
import { runStep, stepContext, temporaryRoot } from "../support/step-context.ts";

let context: StepContext;
beforeEach(() => {
  const root = temporaryRoot();
  mkdirSync(join(root, "infra"));
  const registry =
    'services: {web: {host: h1, health_check: {method: http, url: "http://x"}}, db: {}}\nservice_groups: {all: [web, db]}\n';
  writeFileSync(join(root, "infra/services.yml"), registry);
  writeFileSync(join(root, "infra/other.yml"), "services: {cache: {host: h2}}\n");
  context = { ...stepContext({ root, names: { name: "web" } }), services: loadServices(root) };
});
const look = (type: StepType, keys: Mapping) => runStep(type, keys, context);

test("service_lookup gives a field, a dotted one, or the whole entry; a missing field is null", async () => {
  expect(await look(serviceLookup, { service: "${name}", get: "host" })).toEqual(done("h1"));
  expect(await look(serviceLookup, { service: "web", get: "health_check.url" })).toEqual(done("http://x"));
  expect(await look(serviceLookup, { service: "web", get: "health_check.toString" })).toEqual(done(null));
  expect(await look(serviceLookup, { service: "web", get: "host.length" })).toEqual(done(null));
  expect(await look(serviceLookup, { service: "db" })).toEqual(done({}));
});

test("service_lookup stores its value under the last part of get", () => {
  const name = (get: string) => serviceLookup.defaultOutput?.({ service: "x", get });
  expect([name("host"), name("health_check.url"), name("${field}")]).toEqual(["host", "url", undefined]);
  expect(serviceLookup.defaultOutput?.({ service: "x" })).toBeUndefined();
});

test("an unknown service fails with the nearest names", async () => {
  await expect(look(serviceLookup, { service: "wep", get: "host" })).rejects.toThrow(
    "there is no service wep in infra/services.yml. Nearest: web",
  );
});

test("another registry is found in the root or its infra folder, and nowhere else", async () => {
  for (const file of ["infra/other.yml", "other.yml"]) {
    expect(await look(serviceLookup, { service: "cache", get: "host", file })).toEqual(done("h2"));
  }
  expect(await look(serviceLookup, { service: "web", get: "host", file: "services.yml" })).toEqual(done("h1"));
  await expect(look(serviceLookup, { service: "x", file: "none.yml" })).rejects.toThrow("there is no such file");
  await expect(look(serviceLookup, { service: "x", file: "../../x.yml" })).rejects.toThrow("is refused");
});

test("service_group_lookup gives the names", async () => {
  expect(await look(serviceGroupLookup, { group: "all" })).toEqual(done(["web", "db"]));
  await expect(look(serviceGroupLookup, { group: "al" })).rejects.toThrow("there is no service group al");
});
