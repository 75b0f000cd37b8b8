/** What operations change in state files that a person edits at the same time: each is shared in its own way, or not at all. */
import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";
import { until } from "../../support/temporary.ts";

const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test }\n`;
const files = {
  "operations/slow.yml": `${head("slow")}parameters: { gate: "" }
steps:
  - { type: lock, name: lock, resource: db }
  - { type: state_update, name: set, file: apps.json, updates: { ".a": "2", ".new.deep": true, ".app": { version: REFUSED } } }
  - { type: state_update, name: delete, file: apps.json, updates: { ".gone": null } }
  - { type: command, name: wait, command: "touch \${gate}.in; until test -e \${gate}; do sleep 0.02; done" }
  - { type: unlock, name: unlock, resource: db }
`,
  "infra/state/apps.json": '{ "a": "1", "app": { "version": "old" }, "gone": 1 }\n',
};

const shared = async (at: Machines) => JSON.parse(await at.shared("show", "main:infra/state/apps.json"));
const tree = async (box: Sandbox) => JSON.parse(await box.read("infra/state/apps.json"));

async function inTheMiddle(at: Machines) {
  const [one, two] = at.all as [Sandbox, Sandbox];
  const gate = join(two.folder, "gate");
  const running = two.start("run", "slow", `gate=${gate}`);
  await until(() => existsSync(`${gate}.in`));
  const before = await tree(two);
  const edited = { ...before, e: 5, app: { ...before.app, note: "mine" } };
  await two.write("infra/state/apps.json", JSON.stringify(edited));
  const end = () => {
    writeFileSync(gate, "");
    return running.ended;
  };
  return { one, two, end, edited };
}

test("what was refused with its lock is taken out of an edited file, and no sync brings it there", async () => {
  await using at = await machines(2, { files });
  const { one, two, end } = await inTheMiddle(at);
  const forced = await one.garza("lock", "release", "db", "--force", "--yes", "--reason", "test");
  expect(forced.exitCode).toBe(0);
  await one.garza("lock", "acquire", "db");
  expect((await end()).stderr).toContain("was not published");
  const own = { a: "1", app: { version: "old", note: "mine" }, gone: 1, e: 5 };
  expect(await tree(two)).toEqual(own);
  expect((await two.garza("state", "sync")).stdout).toBe("pushed  infra/state/apps.json\n");
  expect(await shared(at)).toEqual(own);
}, 60_000);

test("a sync in the middle shares the edit alone; the rest comes with the lock", async () => {
  await using at = await machines(2, { files });
  const { two, end, edited } = await inTheMiddle(at);
  expect((await two.garza("state", "sync")).stdout).toBe("pushed  infra/state/apps.json\n");
  expect(await shared(at)).toEqual({ a: "1", app: { version: "old", note: "mine" }, gone: 1, e: 5 });
  expect((await end()).exitCode).toBe(0);
  expect([await shared(at), await tree(two)]).toEqual([edited, edited]);
}, 60_000);

test("a value that another machine has set meanwhile is not set back by a sync", async () => {
  await using at = await machines(2, { files });
  const { one, two, end } = await inTheMiddle(at);
  await one.garza("state", "set", "apps", ".b", "theirs");
  await one.garza("state", "set", "apps", ".a", "7");
  await one.garza("state", "sync");
  for (let time = 0; time < 2; time++) await two.garza("state", "sync");
  expect(await shared(at)).toMatchObject({ a: "7", b: "theirs", e: 5 });
  await end();
  expect(await shared(at)).toMatchObject({ a: "2", b: "theirs", e: 5, app: { version: "REFUSED", note: "mine" } });
}, 60_000);

test("of two operations whose locks are both lost nothing stays", async () => {
  const second = files["operations/slow.yml"].replace("name: slow", "name: second").replaceAll("resource: db", "resource: other").replace('".a": "2"', '".a": "3"'); // biome-ignore format: one text
  await using at = await machines(2, {
    files: { ...files, "operations/second.yml": second, "garza.yml": "queue: { max_concurrent: 4 }\n" },
  });
  const [one, two] = at.all as [Sandbox, Sandbox];
  const agent = two.start("agent");
  await agent.says("ready");
  const gates = ["slow", "second"].map((name) => join(two.folder, name));
  const running: ReturnType<Sandbox["start"]>[] = [];
  for (const gate of gates) {
    running.push(two.start("run", gate.split("/").at(-1) ?? "", `gate=${gate}`));
    await until(() => existsSync(`${gate}.in`));
  }
  await two.write("infra/state/apps.json", JSON.stringify({ ...(await tree(two)), e: 5 }));
  for (const resource of ["db", "other"]) {
    await one.garza("lock", "release", resource, "--force", "--yes", "--reason", "test");
    await one.garza("lock", "acquire", resource);
  }
  for (const gate of gates) writeFileSync(gate, "");
  for (const each of running) await each.ended;
  await two.garza("state", "sync");
  expect(await shared(at)).toEqual({ a: "1", app: { version: "old" }, gone: 1, e: 5 });
}, 60_000);

test("what a person sets back to what it was is a change like any other, and what is no JSON is not shared", async () => {
  await using at = await machines(2, { files });
  const [one, two] = at.all as [Sandbox, Sandbox];
  for (const value of ["up", "down", "up", "down"]) {
    await one.garza("state", "set", "apps", ".a", value);
    expect((await one.garza("state", "sync")).stdout).toBe("pushed  infra/state/apps.json\n");
    expect((await shared(at)).a).toBe(value);
  }
  await two.garza("state", "sync");
  const good = await two.read("infra/state/apps.json");
  await two.write("infra/state/apps.json", `${good}<<<<<<< x\n`);
  expect(await two.garza("state", "sync")).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining("apps.json"),
  });
  expect((await shared(at)).a).toBe("down");
}, 60_000);
