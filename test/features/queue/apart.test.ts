/** `exclusive: host`: which hosts a template works on, and that nothing of others begins there meanwhile. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { sandbox } from "../../support/sandbox.ts";
import { sshHome, startSshd } from "../../support/sshd.ts";
import { until } from "../../support/temporary.ts";
import { added, agent, document } from "./templates.ts";

const inventory = `hosts:
  web: { local: false, primary: { host: 10.0.0.1, user: ops }, fallbacks: [{ method: ssh, host: web.vpn }] }
  twin: { local: false, primary: { host: 10.0.0.1 } }
  db: { local: false, primary: { host: 127.0.0.1, port: 2201 } }
  cache: { local: false, primary: { host: 127.0.0.1, port: 2202 } }
  me: { local: true }
`;
const services = `services:
  shop: { type: app, host: web, health_check: { method: ssh_command, command: "true" } }
  site: { type: app, host: web, health_check: { method: http, url: "http://127.0.0.1/" } }
`;
const web = ["web", "10.0.0.1", "web.vpn"];
const here = ["this machine"];
const ssh = (host: string) => `{ type: ssh_command, host: ${host}, command: "true" }`;
/** Each step with a name. */
const named = (text: string, number = 0) => text.replaceAll("{ type: ", () => `{ name: s${++number}, type: `);

test.each<[what: string, rest: string, hosts: string[], words?: string[]]>([
  ["a name, and each of its addresses", `steps: [${ssh("web")}]`, web],
  ["another name of the same", `steps: [${ssh("twin")}]`, ["twin", "10.0.0.1"]],
  ["an address", `steps: [${ssh("root@10.0.0.1:22")}]`, ["10.0.0.1"]],
  [
    "ports of this machine's own address",
    `steps: [${ssh("db")}, ${ssh("cache")}]`,
    ["db", "127.0.0.1:2201", "cache", "127.0.0.1:2202"],
  ],
  ["this machine by its name", `steps: [${ssh("me")}]`, here],
  ["this machine", `steps: [{ type: command, command: "true" }]`, here],
  ["nowhere", `steps: [{ type: set, values: { a: 1 } }, { type: http_request, url: "http://127.0.0.1/" }]`, []],
  ["a parameter", `parameters: { to: { required: true } }\nsteps: [${ssh(`"\${to}"`)}]`, web, ["to=web"]],
  [
    "a parameter that a step sets, too",
    `parameters: { to: web }\nsteps: [{ type: set, values: { to: db } }, ${ssh(`"\${to}"`)}]`,
    ["*"],
  ],
  ["an output", `steps: [{ type: command, command: echo web, output: to }, ${ssh(`"\${to}"`)}]`, ["*"]],
  [
    "each item",
    `parameters: { all: { required: false, type: list, default: [web, me] } }\nsteps: [{ type: foreach, items: "\${all}", as: to, steps: [${ssh(`"\${to}"`)}] }]`,
    [...web, ...here],
  ],
  [
    "items that only the run knows",
    `steps: [{ type: foreach, items: "\${env.ALL}", as: to, steps: [${ssh(`"\${to}"`)}] }]`,
    ["*"],
  ],
  [
    "more items of items than are worth a look",
    `parameters: { all: { required: false, type: list, default: [${Array(200).fill("a")}] } }\nsteps: [{ type: foreach, items: "\${all}", as: a, steps: [{ type: foreach, items: "\${all}", as: to, steps: [${ssh("web")}] }] }]`,
    ["*"],
  ],
  [
    "an undo, and the rollback",
    `steps: [{ type: set, values: { a: 1 }, undo: [${ssh("db")}] }]\nrollback: { enabled: true, on_failure: [${ssh("cache")}] }`,
    ["db", "127.0.0.1:2201", "cache", "127.0.0.1:2202"],
  ],
  [
    "a prerequisite",
    `prerequisites: [{ check: up, command: "true", host: web }]\nsteps: [{ type: set, values: { a: 1 } }]`,
    web,
  ],
  ["a step's check", `steps: [{ type: set, values: { a: 1 }, check: "test -e x" }]`, here],
  ["a service's check by a command", "steps: [{ type: health_check, service: shop, from_registry: true }]", web],
  ["a service's check by the network", "steps: [{ type: health_check, service: site, from_registry: true }]", []],
  [
    "another template with its parameters",
    "steps: [{ type: load_operation, template: inner, parameters: { to: db } }]",
    ["db", "127.0.0.1:2201"],
  ],
  ["another template, defaults and all", "steps: [{ type: load_operation, template: inner }]", web],
])("it works on %s", async (_, rest, hosts, words = []) => {
  const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test, exclusive: host }\n`;
  const files = {
    "infra/hosts.yml": inventory,
    "infra/services.yml": services,
    "operations/it.yml": `${head("it")}${named(rest)}\n`,
    "operations/inner.yml": `${head("inner")}parameters: { to: web }\n${named(`steps: [${ssh(`"\${to}"`)}]`)}\n`,
  };
  await using box = await sandbox({ files, git: false });
  const { hosts: found, exclusive } = await document(box, "queue", "show", await added(box, "it", ...words));
  expect([found.toSorted(), exclusive]).toEqual([hosts.toSorted(), 1]);
});

test("while one is alone on a host others begin nothing there, go on elsewhere, and are told why", async () => {
  using home = sshHome();
  await using sshd = await startSshd({ accepts: home });
  home.trust(sshd);
  const at = `local: false, primary: { host: 127.0.0.1, port: ${sshd.port}, user: ${sshd.user} }`;
  const head = (name: string, more = "") =>
    `operation: { name: ${name}, type: maintain, description: A test${more} }\n`;
  const waits = (host: string) =>
    `parameters: { up: { required: true }, go: { required: true } }
steps: [{ type: ssh_command, name: work, host: ${host}, command: ": >\${up}; while [ ! -e \${go} ] && [ -d \${go}.d ]; do sleep 0.02; done" }]\n`;
  const files = {
    "infra/hosts.yml": `hosts:\n  far: { ${at} }\n  other: { ${at} }\n  me: { local: true }\n`,
    "operations/alone.yml": `${head("alone", ", exclusive: host")}${waits("far")}`,
    "operations/there.yml": `${head("there")}${waits("other")}`,
    "operations/here.yml": `${head("here")}${waits("me")}`,
  };
  await using box = await sandbox({ files, env: { HOME: home.folder } });
  await box.run("mkdir", "../go.d");
  const place = (name: string) => join(box.folder, name);
  const add = (template: string, up: string) => added(box, template, `up=${place(up)}`, `go=${place("go")}`);
  const workers = await agent(box, 3);
  const alone = await add("alone", "up-alone");
  await until(() => existsSync(place("up-alone")));
  const [there, here] = [await add("there", "up-there"), await add("here", "up-here")];
  await until(() => existsSync(place("up-here")));
  expect((await box.garza("queue", "show", there)).stdout).toContain(
    `alone (${alone}) has to be alone on 127.0.0.1:${sshd.port}, and runs there`,
  );
  expect(existsSync(place("up-there"))).toBe(false);
  await box.write("../go", "");
  for (const id of [alone, here, there]) await workers.says(`${id} ended: success`);
  expect(existsSync(place("up-there"))).toBe(true);
});
