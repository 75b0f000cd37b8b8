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
  - { type: state_update, name: set, file: apps.json, updates: { ".a": "2", ".new.deep": true, ".list[0]": 9 } }
  - { type: state_update, name: delete, file: apps.json, updates: { ".gone": null } }
  - { type: command, name: wait, command: "touch \${gate}.in; until test -e \${gate}; do sleep 0.02; done" }
  - { type: unlock, name: unlock, resource: db }
`,
  "infra/state/apps.json": '{ "a": "1", "list": [1, 2], "gone": 1 }\n',
};

const shared = async (at: Machines) => JSON.parse(await at.shared("show", "main:infra/state/apps.json"));
const tree = async (box: Sandbox) => JSON.parse(await box.read("infra/state/apps.json"));

async function inTheMiddle(at: Machines) {
  const [one, two] = at.all as [Sandbox, Sandbox];
  const gate = join(two.folder, "gate");
  const running = two.start("run", "slow", `gate=${gate}`);
  await until(() => existsSync(`${gate}.in`));
  const edited = { ...(await tree(two)), e: 5 };
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
  const own = { a: "1", list: [1, 2], gone: 1, new: {}, e: 5 };
  expect(await tree(two)).toEqual(own);
  expect((await two.garza("state", "sync")).stdout).toBe("pushed  infra/state/apps.json\n");
  expect(await shared(at)).toEqual(own);
}, 60_000);

test("a sync in the middle shares the edit alone; the rest comes with the lock", async () => {
  await using at = await machines(2, { files });
  const { two, end, edited } = await inTheMiddle(at);
  expect((await two.garza("state", "sync")).stdout).toBe("pushed  infra/state/apps.json\n");
  expect(await shared(at)).toEqual({ a: "1", list: [1, 2], gone: 1, new: {}, e: 5 });
  expect((await end()).exitCode).toBe(0);
  expect([await shared(at), await tree(two)]).toEqual([edited, edited]);
}, 60_000);
