/** Work without the remote, when a person asks for it: under locks that others do not see, and shared later. */
import { expect, test } from "bun:test";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";

const files = {
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { app: web, version: "1" }
steps:
  - { type: lock, name: lock, resource: "app-\${app}" }
  - { type: state_update, name: set, file: deployments.json, updates: { ".apps.\${app}": "\${version}" }, publish: now }
  - { type: command, name: look, command: "cat infra/state/locks/app-\${app}.lock" }
  - { type: unlock, name: unlock, resource: "app-\${app}" }
`,
  "infra/state/deployments.json": '{"apps": {"web": "0"}}\n',
};

/** Nothing listens there. */
const away = async (at: Machines, box: Sandbox, work: () => Promise<void>) => {
  await at.git(box, "remote", "set-url", "origin", "http://127.0.0.1:9/r.git");
  await work();
  await at.git(box, "remote", "set-url", "origin", at.remote);
};
const apps = async (at: Machines) => JSON.parse(await at.shared("show", "main:infra/state/deployments.json")).apps;
const lockRefs = (at: Machines) => at.shared("for-each-ref", "--format=%(refname)", "refs/garza/locks");

async function ok(box: Sandbox, ...args: string[]) {
  const ended = await box.garza(...args);
  expect([args, ended.exitCode, ended.exitCode === 0 ? "" : ended.stderr]).toEqual([args, 0, ""]);
  return ended;
}

test("a run without the remote fails and names --offline; with it the state waits for the next garza", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await away(at, a, async () => {
    const refused = await a.garza("run", "set", "version=2");
    expect([refused.exitCode === 0, refused.stderr]).toEqual([false, expect.stringContaining("--offline")]);
    const { stdout, stderr } = await ok(a, "run", "set", "version=2", "--offline");
    expect(stderr + stdout).toContain("offline: locks hold on this machine alone");
    expect(stderr + stdout).toContain("scope: LOCAL ONLY");
    expect(await a.json("infra/state/deployments.json")).toEqual({ apps: { web: "2" } });
  });
  expect(await apps(at)).toEqual({ web: "0" });
  await ok(a, "run", "set", "app=api", "version=3");
  expect(await apps(at)).toEqual({ web: "2", api: "3" });
  expect(await lockRefs(at)).toBe("refs/garza/locks/app-api");
}, 60_000);

test("also where the remote can be reached it is asked for nothing, and what others set meanwhile stays theirs", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  await ok(a, "run", "set", "version=mine", "--offline");
  expect([await apps(at), await lockRefs(at)]).toEqual([{ web: "0" }, ""]);
  await ok(b, "run", "set", "version=theirs");
  const { stderr } = await ok(a, "run", "set", "app=api", "version=3");
  expect(await apps(at)).toEqual({ web: "theirs", api: "3" });
  expect(stderr).toContain('"mine" was set without a lock, and is not published');
}, 60_000);

test("a lock taken offline is shown as this machine's alone, until it is asked for online", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await away(at, a, async () => {
    const refused = await a.garza("lock", "acquire", "db");
    expect([refused.exitCode, refused.stderr]).toEqual([69, expect.stringContaining("--offline")]);
    expect((await ok(a, "lock", "acquire", "db", "--offline")).stderr).toContain("is yours on this machine. ");
    expect((await a.garza("lock", "list")).stdout).toContain("LOCAL ONLY");
  });
  expect((await ok(a, "lock", "show", "db")).stdout).toContain("LOCAL ONLY");
  expect(JSON.parse((await ok(a, "lock", "show", "db", "--json")).stdout).holder.scope).toBe("local");
  expect(await a.read("infra/state/locks/db.lock")).toContain("scope: LOCAL ONLY\n");
  expect(await lockRefs(at)).toBe("");
  expect((await ok(a, "lock", "acquire", "db")).stderr).toContain("against all machines");
  expect(await lockRefs(at)).toBe("refs/garza/locks/db");
  expect(await a.read("infra/state/locks/db.lock")).toContain("scope: shared\n");
}, 60_000);

test("an agent has shared locks, so nothing is offline through it", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  const detached = await a.garza("run", "set", "--offline", "--detach");
  expect([detached.exitCode, detached.stderr]).toEqual([2, expect.stringContaining("--detach hands it to an agent")]);
  expect((await a.garza("run", "set", "--offline", "--dry-run")).exitCode).toBe(2);
  const agent = a.start("agent");
  await agent.says("agent");
  for (const args of [
    ["run", "set", "--offline"],
    ["lock", "acquire", "db", "--offline"],
  ]) {
    const { exitCode, stderr } = await a.garza(...args);
    expect([exitCode, stderr]).toEqual([77, expect.stringContaining("--offline works without an agent")]);
  }
  expect(JSON.parse((await ok(a, "history", "--json")).stdout || "{}").operations ?? []).toEqual([]);
  expect(await a.read("infra/state/deployments.json")).toContain('"0"');
}, 60_000);
