/** Settings of locks and state count from the moment in which an agent has read them again. */
import { expect, test } from "bun:test";
import type { Sandbox } from "../../support/sandbox.ts";
import { machines } from "../../support/shared-sandboxes.ts";

const template = `operation: { name: set, type: maintain, description: A test }
parameters: { to: 1 }
steps:
  - { type: lock, name: lock, resource: db }
  - { type: state_update, name: set, file: deployments.json, updates: { ".to": "\${to}" } }
  - { type: unlock, name: unlock, resource: db }
`;

test("an agent that reads them again goes by the new ones", async () => {
  const before = "locks: { ttl: 5m }\nstate: { publish: manual }\n";
  await using at = await machines(1, { files: { "operations/set.yml": template, "garza.yml": before } });
  const [box] = at.all as [Sandbox];
  const agent = box.start("agent");
  await agent.says("ready:");
  const run = async (to: number) => expect((await box.garza("run", "set", `to=${to}`)).exitCode).toBe(0);
  const ttl = async () => {
    const body = await at.shared("log", "-1", "--format=%b", "refs/garza/locks/db");
    return (JSON.parse(body) as { ttl: number }).ttl;
  };
  const published = () => at.shared("log", "--format=%s", "main", "--", "infra/state/deployments.json");
  await run(1);
  expect([await ttl(), await published()]).toEqual([300, ""]);
  await box.write("garza.yml", "locks: { ttl: 7m }\nstate: { publish: auto }\n");
  expect((await box.garza("agent", "reload")).exitCode).toBe(0);
  await run(2);
  expect([await ttl(), await published()]).toEqual([420, "garza: state of deployments.json [skip ci]"]);
  expect(JSON.parse(await at.shared("show", "main:infra/state/deployments.json"))).toEqual({ to: 2 });
  agent.signal("SIGTERM");
  expect((await agent.ended).exitCode).toBe(0);
});
