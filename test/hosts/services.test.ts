import { beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadServices } from "../../src/hosts/read-services.ts";
import { servicesJsonSchema } from "../../src/hosts/schemas.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "garza-services-"));
  mkdirSync(join(root, "infra"));
});
const services = (text: string) => {
  writeFileSync(join(root, "infra/services.yml"), text);
  return loadServices(root);
};

const full = `
services:
  web:
    type: app
    platform: fly.io
    purpose: the site
    health_check: {method: http, url: "https://x.example/health", expected_status: 200, timeout: 10s, interval: 60}
    dependencies: [db]
    critical: true
    notes: [one, two]
    x-team: ops
  db:
    host: web1
    health_check: {method: tcp, host: web1, port: 5432}
service_groups:
  all: [web, db]
  front: {description: what people see, services: [web]}
health_check_config: {critical_services_interval: 60, non_critical_interval: 5m, retry_attempts: 3, retry_delay: 5, alert_on_failure_count: 2}
`;

test("entries are as written, the author's own keys included", () => {
  const registry = services(full);
  expect(registry.names()).toEqual(["web", "db"]);
  expect(registry.entry("web")).toMatchObject({
    platform: "fly.io",
    "x-team": "ops",
    health_check: { timeout: "10s" },
  });
  expect([registry.entry("constructor"), registry.entry("wep")]).toEqual([undefined, undefined]);
});

test("groups are lists, or mappings with a list", () => {
  const registry = services(full);
  expect(registry.groupNames().map((name) => registry.group(name))).toEqual([["web", "db"], ["web"]]);
  expect(() => registry.group("fromt")).toThrow(
    "there is no service group fromt in infra/services.yml. Nearest: front.",
  );
  expect(() => registry.group("toString")).toThrow("there is no service group toString");
});

test("without a file there are none", () => {
  expect(loadServices(root).names()).toEqual([]);
});

test.each([
  ["services:\n  web: {platfrm: x}", "infra/services.yml:2:9: error: unknown key platfrm in services.web"],
  [
    "services:\n  web: {health_check: {method: ping}}",
    "2:32: error: services.web.health_check.method: expected http, tcp",
  ],
  ["services:\n  web: {critical: yes}", "2:19: error: services.web.critical: expected true or false"],
  ["service_groups:\n  all: {services: [a], service: [b]}", "2:24: error: unknown key service in service_groups.all"],
  ["service_groups:\n  all: web", "2:8: error: service_groups.all: expected a list of texts"],
  ["services:\n  web: {}\n  web: {}", "3:3: error: web is written twice"],
  ["services:\n  __proto__: {}", "2:3: error: __proto__ can't be a key"],
])("%j is refused with its place", (text, message) => {
  expect(() => services(text).names()).toThrow(message);
});

test("there is a schema for editors", () => {
  expect(servicesJsonSchema()).toMatchObject({ title: "GARZA's registry of services", type: "object" });
});
