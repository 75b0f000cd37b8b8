/** State files on a branch of their own, as where nobody may push to the branch that everything else is on. */
import { expect, test } from "bun:test";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";

const files = {
  "garza.yml": "state: { branch: garza-state, publish_interval: 1s }\n",
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { key: "", value: "" }
steps:
  - { type: lock, name: lock, resource: db }
  - { type: command, name: seen, command: "cat infra/state/apps.json | tr -d ' \\n'", output: seen }
  - { type: state_update, name: set, file: apps.json, updates: { ".\${key}": "\${value}" } }
  - { type: unlock, name: unlock, resource: db }
`,
};

/** From here on the remote takes no push to main. */
async function protectMain({ remote }: Machines): Promise<void> {
  const hook = join(remote, "hooks/update");
  await writeFile(
    hook,
    '#!/bin/sh\n[ "$1" != refs/heads/main ] || { echo "protected branch hook declined" >&2; exit 1; }\n',
  );
  await chmod(hook, 0o755);
}

const set = async (box: Sandbox, key: string, value: string) => {
  const { exitCode, stderr } = await box.garza("run", "set", `key=${key}`, `value=${value}`);
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("published")]);
  return /│ (\S+)/.exec(stderr)?.[1];
};
const shown = async (box: Sandbox, file = "apps.json") => JSON.parse(await box.read(`infra/state/${file}`));
const clean = async (at: Machines) => {
  for (const box of at.all) expect(await at.git(box, "status", "--porcelain")).toBe("");
};

test("what one machine has set another one finds under the lock, git knows nothing of it, and main stays as it is", async () => {
  await using at = await machines(2, { files });
  const [one, two] = at.all as [Sandbox, Sandbox];
  await protectMain(at);
  const main = await at.shared("rev-parse", "main");
  await set(one, "a", "1");
  expect(await set(two, "b", "2")).toBe('{"a":"1"}');
  expect(await set(one, "c", "3")).toBe('{"a":"1","b":"2"}');
  expect(await shown(one)).toEqual({ a: "1", b: "2", c: "3" });
  expect(JSON.parse(await at.shared("show", "garza-state:infra/state/apps.json"))).toEqual(await shown(one));
  expect((await shown(one, "operations.json")).operations).toHaveLength(3);
  expect(await at.shared("rev-parse", "main")).toBe(main);
  await clean(at);

  expect((await two.garza("state", "sync")).stderr).toBe("");
  expect(await shown(two)).toEqual(await shown(one));
  expect((await two.garza("state", "diff")).stderr).toBe(
    "The state files are as in the branch that they are shared on.\n",
  );
  const past = JSON.parse((await two.garza("state", "history", "apps", ".b", "--json")).stdout);
  expect(past).toMatchObject([{ after: "2", operations: [expect.stringMatching(/^op_/)] }]);

  await two.write("notes.txt", "mine\n");
  await at.git(two, "add", "-A");
  await at.git(two, "commit", "-q", "-m", "Notes");
  expect(await at.git(two, "show", "--format=", "--name-only", "HEAD")).toBe("notes.txt");
  await clean(at);
}, 60_000);

test("it begins with what main has by then, tokens of forgotten locks included", async () => {
  const before = {
    ...files,
    "garza.yml": "state: { publish_interval: 1s }\n",
    "infra/state/apps.json": '{ "old": 1 }\n',
  };
  await using at = await machines(2, { files: before });
  const [one, two] = at.all as [Sandbox, Sandbox];
  await set(one, "a", "1");
  // Two were given out by the operation and by hand.
  const use = async (box: Sandbox) => {
    const token = Number((await box.garza("lock", "acquire", "db")).stdout);
    expect((await box.garza("lock", "release", "db")).exitCode).toBe(0);
    return token;
  };
  expect(await use(one)).toBe(2);
  expect((await one.garza("lock", "gc", "--older-than", "0s")).exitCode).toBe(0);
  await at.git(one, "pull", "-q");
  await one.write("garza.yml", files["garza.yml"]);
  await at.git(one, "commit", "-q", "-am", "A branch for state");
  await at.git(one, "push", "-q");
  await at.git(two, "pull", "-q");
  await protectMain(at);

  expect(await set(two, "b", "2")).toBe('{"old":1,"a":"1"}');
  expect(await use(two)).toBe(4);
  expect(await set(one, "c", "3")).toBe('{"old":1,"a":"1","b":"2"}');
  expect(await shown(one)).toEqual({ old: 1, a: "1", b: "2", c: "3" });
  const { stdout } = await one.garza("doctor");
  expect(stdout).toContain("git rm --cached");
  for (const box of at.all) {
    await at.git(
      box,
      "rm",
      "-q",
      "--cached",
      "infra/state/apps.json",
      "infra/state/operations.json",
      "infra/state/locks.json",
    );
    await at.git(box, "commit", "-q", "-m", "State is on garza-state");
  }
  await clean(at);
  expect((await one.garza("doctor")).stdout).not.toContain("git rm --cached");

  // And back: git is told of them again.
  await rm(join(at.remote, "hooks/update"));
  await one.write("garza.yml", "{}\n");
  await set(one, "d", "4");
  expect(await readFile(join(one.root, ".git/info/exclude"), "utf8")).not.toContain("infra/state/**");
}, 60_000);

test("who is only on another branch than the remote's own has the files as that one has them", async () => {
  const before = {
    ...files,
    "garza.yml": "state: { branch: main, publish_interval: 1s }\n",
    "infra/state/apps.json": "{}\n",
  };
  await using at = await machines(2, { files: before });
  const [one] = at.all as [Sandbox, Sandbox];
  await at.git(one, "checkout", "-q", "-b", "fix");
  const { exitCode, stderr } = await one.garza("run", "set", "key=a", "value=1");
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("not on main, where the state files are")]);
  await clean(at);
  await at.git(one, "checkout", "-q", "main");
  await at.git(one, "pull", "-q");
  expect(await shown(one)).toEqual({ a: "1" });
  await clean(at);
}, 60_000);
