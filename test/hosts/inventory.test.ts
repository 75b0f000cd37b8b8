import { beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GarzaError, type Problem } from "../../src/core/problem.ts";
import { parseAddress } from "../../src/hosts/address.ts";
import { loadInventory } from "../../src/hosts/read-inventory.ts";
import { hostsJsonSchema } from "../../src/hosts/schemas.ts";
import { waysTo } from "../../src/hosts/ways.ts";
import { textOf } from "../support/sources.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "garza-hosts-"));
  mkdirSync(join(root, "infra"));
});
const inventory = (text?: string) => {
  if (text !== undefined) writeFileSync(join(root, "infra/hosts.yml"), text);
  return loadInventory(root, { thisMachine: "laptop" });
};

function problemOf(call: () => unknown): Problem {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem;
    throw thrown;
  }
  throw new Error("no problem");
}

const full = `
hosts:
  web1:
    description: the first
    primary: {host: web1.example.com, user: deploy, port: 2222, key_name: ops, test_command: "true", timeout: 5m}
    fallbacks:
      - {method: jump, jump: bastion, x-note: mine}
      - {method: carrier-pigeon, pigeons: 3}
    services: [web]
    health_check: {command: uptime, expected: up, expected_min: 0.5, interval_seconds: 60}
    max_concurrent: 4
    x-rack: [7]
  laptop: {}
  nas: {local: true, primary: {host: 192.168.0.2}}
  tunnel: {primary: {host: 127.0.0.1, port: 2200}}
  far: {local: false, primary: {host: localhost}}
ssh_config:
  default_timeout: 30
  retry_attempts: 3
  retry_delay_seconds: 5
  strict_host_key_checking: true
  key_paths: {ops: ~/.ssh/ops}
connection_rules: {prefer_direct: true, auto_fallback: true, log_all_attempts: false, notify_on_fallback: true}
x-owner: {team: ops}
`;

describe("the inventory", () => {
  test("knows its hosts, and which of them is this machine", () => {
    const hosts = inventory(full);
    expect(hosts.names()).toEqual(["web1", "laptop", "nas", "tunnel", "far"]);
    expect(hosts.find("web1")).toEqual({
      name: "web1",
      description: "the first",
      local: false,
      primary: {
        host: "web1.example.com",
        user: "deploy",
        port: 2222,
        key_name: "ops",
        test_command: "true",
        timeout: 300,
      },
      fallbacks: [{ method: "jump", jump: "bastion" }, { method: "carrier-pigeon" }],
      max_concurrent: 4,
    });
    expect(hosts.names().map((name) => hosts.find(name).local)).toEqual([false, true, true, true, false]);
  });

  test("takes an address as well; a bare word must be in it", () => {
    const hosts = inventory(full);
    expect(hosts.find("root@10.0.0.1:22")).toEqual({
      name: "root@10.0.0.1:22",
      local: false,
      primary: { host: "10.0.0.1", user: "root", port: 22 },
    });
    expect(hosts.find("localhost").local).toBe(true);
    expect(hosts.find("admin@web1").primary).toMatchObject({ host: "web1.example.com", user: "admin", port: 2222 });
    expect(problemOf(() => hosts.find("web2"))).toEqual({ kind: "host-unknown", host: "web2", nearest: ["web1"] });
    for (const hostile of ["-oProxyCommand=x", "a b", "x@-y.z", "a;b.c", "", "constructor", "x@unknown", "h.x:99999"]) {
      expect(problemOf(() => hosts.find(hostile)).kind).toBe("host-unknown");
    }
  });

  test("without a file there are no hosts", () => {
    expect(inventory().names()).toEqual([]);
    expect(inventory("").names()).toEqual([]);
  });

  test("tells every fault with its place and the nearest word", () => {
    const hosts = inventory(
      "hosts:\n  web:\n    primry: {}\n    primary:\n      host: x\n      port: ssh\n    max_concurrent: 0\n",
    );
    expect(problemOf(() => hosts.names())).toEqual({
      kind: "configuration",
      where: "infra/hosts.yml",
      message: [
        "can't be used",
        "",
        "infra/hosts.yml:6:13: error: hosts.web.primary.port: expected a whole number from 1 to 65535",
        "6 |       port: ssh",
        "  |             ^",
        "",
        "infra/hosts.yml:7:21: error: hosts.web.max_concurrent: expected a whole number of at least 1",
        "7 |     max_concurrent: 0",
        "  |                     ^",
        "",
        "infra/hosts.yml:3:5: error: unknown key primry in hosts.web",
        "3 |     primry: {}",
        "  |     ^",
        "  Did you mean primary?",
      ].join("\n"),
    });
  });

  test("a file that is no mapping, or no YAML, or lies outside of the root is refused", () => {
    expect(problemOf(() => inventory("- a").names())).toMatchObject({ kind: "configuration" });
    expect(problemOf(() => inventory("hosts: [a").names())).toMatchObject({ kind: "configuration" });
    const other = mkdtempSync(join(tmpdir(), "garza-hosts-"));
    mkdirSync(join(other, "infra"));
    symlinkSync(join(root, "infra/hosts.yml"), join(other, "infra/hosts.yml"));
    expect(problemOf(() => loadInventory(other).names())).toMatchObject({ kind: "path-refused" });
  });
});

test.each([
  ["a.b", { host: "a.b" }],
  ["u@a.b:22", { user: "u", host: "a.b", port: 22 }],
  ["::1", { host: "::1" }],
  ["u@[fe80::1%eth0]:22", { user: "u", host: "fe80::1%eth0", port: 22 }],
  ["u@[fe80::1]:22", { user: "u", host: "fe80::1", port: 22 }],
  ["a.b:0", undefined],
  ["a.b:", undefined],
  ["-a.b", undefined],
  ["u@-a.b", undefined],
  ["a\n.b", undefined],
])("the address %j is %j", (text, address) => {
  expect(parseAddress(text)).toEqual(address as never);
});

test("the editor's schema names the keys and lets the author's own pass", () => {
  const schema = hostsJsonSchema() as { properties: { hosts: { additionalProperties: object } } };
  expect(schema.properties.hosts.additionalProperties).toMatchObject({
    additionalProperties: false,
    patternProperties: { "^x-": {} },
    properties: { primary: { required: ["host"] }, local: { type: "boolean" } },
  });
});

test("the manual's inventory is one", async () => {
  const section = (await textOf("operations/README.md")).split("\n## Hosts\n")[1] ?? "";
  const [, yaml = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? [];
  const hosts = inventory(yaml);
  const { ways, skipped } = waysTo(hosts.find("web1"), hosts.ssh());
  expect(ways.map(({ kind, label }) => [kind, label])).toEqual([
    ["ssh", "primary"],
    ["ssh", "fallback 1 (by the old address)"],
    ["ssh", "fallback 2 (jump host bastion)"],
    ["ssh", "fallback 3 (command cloudflared)"],
    ["mcp", "fallback 4 (MCP ops, ssh_exec)"],
    ["script", "fallback 5 (script infra/reach-web1.sh)"],
  ]);
  expect(skipped).toEqual([]);
  expect(hosts.names()).toEqual(["web1", "bastion", "localhost"]);
});
