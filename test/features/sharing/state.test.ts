/** State files on several machines: published with the locks that guard them, and never at anybody's cost. */
import { expect, test } from "bun:test";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";

const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test }\n`;

const files = {
  "operations/set.yml": `${head("set")}parameters: { app: web, version: "1" }
steps:
  - { type: lock, name: lock, resource: "app-\${app}", wait: 30 }
  - { type: state_update, name: set, file: deployments.json, updates: { ".apps.\${app}.version": "\${version}" } }
  - { type: unlock, name: unlock, resource: "app-\${app}" }
`,
  "operations/many.yml": `${head("many")}parameters: { machine: a, round: 1, numbers: [${Array.from({ length: 50 }, (_, n) => n + 1)}] }
steps:
  - { type: lock, name: lock, resource: shared, wait: 60 }
  - type: foreach
    name: each
    items: \${numbers}
    as: n
    steps:
      - type: state_update
        name: set
        file: deployments.json
        updates: { ".many.shared": "\${machine}-\${round}-\${n}", ".many.\${machine}.r\${round}-\${n}": 1 }
  - { type: unlock, name: unlock, resource: shared }
`,
  "operations/free.yml": `${head("free")}parameters: { value: 1 }
steps:
  - { type: state_update, name: set, file: counts.json, updates: { ".value": "\${value}" } }
`,
  "operations/now.yml": `${head("now")}steps:
  - { type: lock, name: lock, resource: r }
  - { type: state_update, name: set, file: now.json, updates: { ".is": now }, publish: now }
  - { type: command, name: look, command: "cat seen || true; while ! [ -e go ]; do sleep 0.05; done" }
`,
  "operations/pull.yml": `${head("pull")}steps:
  - { type: state_update, name: set, file: deployments.json, updates: { ".pulled": true } }
  - { type: git, name: pull, command: git pull }
  - { type: state_check, name: see, file: deployments.json, path: ".apps.web.version", expected: "2" }
  - { type: state_check, name: own, file: deployments.json, path: ".pulled", expected: true }
`,
  "operations/by-hand.yml": `${head("by_hand")}parameters: { app: web }
steps:
  - { type: lock, name: lock, resource: "app-\${app}", wait: 30 }
  - { type: state_update, name: set, file: deployments.json, updates: { ".apps.\${app}.status": up } }
  - type: git
    name: publish
    commands: [git add infra/state/deployments.json, 'git commit -m "\${app} is up"', git push]
  - { type: unlock, name: unlock, resource: "app-\${app}" }
`,
  "infra/state/deployments.json": '{"apps": {"web": {"version": "0"}}, "by": "hand"}\n',
};

const ok = async (box: Sandbox, ...args: string[]) => {
  const ended = await box.garza(...args);
  expect({ args, exitCode: ended.exitCode, said: ended.exitCode === 0 ? "" : ended.stderr }).toEqual({
    args,
    exitCode: 0,
    said: "",
  });
  return ended;
};

const atRemote = async (at: Machines, file: string) => JSON.parse(await at.shared("show", `main:infra/state/${file}`));
const status = (at: Machines, box: Sandbox) => at.git(box, "status", "--porcelain", "--branch");

test("what one machine sets under a lock, the next one has; both trees are clean and nobody's formatting changes", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  await ok(a, "run", "set", "version=1");
  await ok(b, "run", "set", "app=api", "version=7");
  await ok(a, "run", "set", "app=db", "version=9");
  const wanted = '{"apps": {"web": {"version": "1"}, "api": {"version": "7"}, "db": {"version": "9"}}, "by": "hand"}';
  expect(await at.shared("show", "main:infra/state/deployments.json")).toBe(wanted);
  expect(await a.read("infra/state/deployments.json")).toBe(`${wanted}\n`);
  expect(await status(at, a)).toBe("## main...origin/main");
  const { operations } = await atRemote(at, "operations.json");
  expect(operations.map(({ template }: { template: string }) => template)).toEqual(["set", "set", "set"]);
  expect(await at.shared("log", "--format=%s", "-1", "refs/garza/locks/app-web")).toStartWith("release app-web #1.1");
}, 60_000);

test("every commit has valid JSON, and the state comes in the same push as the lock's release", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  // A remote that takes no state refuses the lock's transition with it, and then takes that alone.
  const hook = join(at.remote, "hooks", "update");
  await writeFile(hook, '#!/bin/sh\ncase $1 in refs/heads/*) echo "main is protected" >&2; exit 1;; esac\n');
  await chmod(hook, 0o755);
  const { stderr } = await ok(a, "run", "set", "version=1");
  expect(stderr).toContain("state was not published, the remote refuses it");
  expect((await atRemote(at, "deployments.json")).apps.web.version).toBe("0");
  expect(await at.shared("log", "--format=%s", "-1", "refs/garza/locks/app-web")).toStartWith("release");
  expect(await a.read("infra/state/deployments.json")).toContain('"version": "1"');
  await rm(hook);
  await ok(a, "run", "set", "app=api", "version=2");
  expect((await atRemote(at, "deployments.json")).apps).toEqual({ web: { version: "1" }, api: { version: "2" } });
  await ok(b, "run", "set", "version=3");
  for (const commit of (await at.shared("rev-list", "main")).split("\n")) {
    JSON.parse(await at.shared("show", `${commit}:infra/state/deployments.json`));
  }
}, 60_000);

test("two machines set the same place and others 500 times each at the same time: nothing is lost", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  const rounds = 10;
  const work = async (box: Sandbox, machine: string) => {
    for (let round = 1; round <= rounds; round++) await ok(box, "run", "many", `machine=${machine}`, `round=${round}`);
  };
  await Promise.all([work(a, "a"), work(b, "b")]);
  const { many } = await atRemote(at, "deployments.json");
  for (const machine of ["a", "b"]) {
    const wanted = Array.from({ length: 500 }, (_, n) => [`r${Math.floor(n / 50) + 1}-${(n % 50) + 1}`, 1]);
    expect(many[machine]).toEqual(Object.fromEntries(wanted));
  }
  expect(many.shared).toMatch(new RegExp(`^[ab]-${rounds}-50$`));
  expect((await atRemote(at, "operations.json")).operations).toHaveLength(2 * rounds);
  // Each value of the shared place was there once, and none came back; JSON is JSON at every commit.
  const values: string[] = [];
  for (const commit of (await at.shared("log", "--reverse", "--format=%H", "main")).split("\n")) {
    const value = JSON.parse(await at.shared("show", `${commit}:infra/state/deployments.json`)).many?.shared;
    if (value !== undefined && value !== values.at(-1)) values.push(value);
  }
  expect(new Set(values).size).toBe(values.length);
  expect(values.length).toBeGreaterThanOrEqual(2 * rounds);
  for (const box of at.all) {
    await ok(box, "state", "sync");
    expect([await box.json("infra/state/deployments.json"), await status(at, box)]).toEqual([
      await atRemote(at, "deployments.json"),
      "## main...origin/main",
    ]);
  }
}, 300_000);

test("what a person has changed, staged or begun stays theirs, and never enters a commit of ours", async () => {
  await using at = await machines(1, { files: { ...files, "notes.txt": "1\n" } });
  const [a] = at.all as [Sandbox];
  await a.write("infra/state/deployments.json", '{"apps": {"web": {"version": "0"}}, "by": "somebody else"}\n');
  await a.write("notes.txt", "2\n");
  await at.git(a, "add", "notes.txt");
  await ok(a, "run", "set", "version=5");
  expect(await atRemote(at, "deployments.json")).toEqual({ apps: { web: { version: "5" } }, by: "hand" });
  expect(await a.json("infra/state/deployments.json")).toEqual({
    apps: { web: { version: "5" } },
    by: "somebody else",
  });
  expect(await at.git(a, "diff", "--cached", "--name-only")).toBe("notes.txt");
  await ok(a, "run", "set", "app=api", "version=6");
  expect(await a.json("infra/state/deployments.json")).toEqual({
    apps: { web: { version: "5" }, api: { version: "6" } },
    by: "somebody else",
  });
  expect(await at.shared("log", "--format=", "--name-only", "main")).not.toContain("notes.txt\n\n");
  expect((await atRemote(at, "deployments.json")).by).toBe("hand");
}, 60_000);

test("without a lock it is published at the end of a run, together with what else waits", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await ok(a, "run", "free", "value=3");
  expect(await atRemote(at, "counts.json")).toEqual({ value: 3 });
  expect(await status(at, a)).toBe("## main...origin/main");
  expect(await at.shared("log", "-1", "--format=%s", "main")).toBe(
    "garza: state of counts.json, operations.json [skip ci]",
  );
}, 60_000);

test("publish: now is with the others before the next step", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  const run = a.start("run", "now");
  await run.says("▸ look");
  expect(await atRemote(at, "now.json")).toEqual({ is: "now" });
  expect(await at.shared("log", "-1", "--format=%s", "refs/garza/locks/r")).toStartWith("renew r #1.1");
  await writeFile(join(a.root, "go"), "");
  expect((await run.ended).exitCode).toBe(0);
}, 60_000);

test("publish: now fails its step where the remote takes nothing, though nobody else has moved anything", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await writeFile(join(at.remote, "refs/heads/main.lock"), "");
  const refused = await a.garza("run", "now");
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("can't be reached")]);
  expect(await at.shared("ls-tree", "--name-only", "main", "infra/state/now.json")).toBe("");
}, 60_000);

test("a template's own git pull gets past state that was written and not published, and both are seen after it", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  await ok(a, "run", "set", "version=2");
  await ok(b, "run", "pull");
  expect(await atRemote(at, "deployments.json")).toMatchObject({ apps: { web: { version: "2" } }, pulled: true });
  expect(await status(at, b)).toBe("## main...origin/main");
}, 60_000);

test("a template that commits and pushes state itself publishes it under its own message", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  await Promise.all([ok(a, "run", "by-hand"), ok(b, "run", "by-hand", "app=api")]);
  expect((await atRemote(at, "deployments.json")).apps).toEqual({
    web: { version: "0", status: "up" },
    api: { status: "up" },
  });
  const subjects = (await at.shared("log", "--format=%s", "main")).split("\n");
  expect(subjects).toContain("web is up");
  expect(subjects).toContain("api is up");
}, 60_000);

test("without the remote nothing that needs it goes on, and what was done is kept for it", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await Bun.$`mv ${at.remote} ${at.remote}.away`.quiet();
  const refused = await a.garza("run", "set", "version=4");
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain("remote");
  expect(await a.json("infra/state/deployments.json")).toMatchObject({ apps: { web: { version: "0" } } });
  const free = await ok(a, "run", "free", "value=8");
  expect(free.stderr).toContain("still owed to other machines");
  await Bun.$`mv ${at.remote}.away ${at.remote}`.quiet();
  await ok(a, "run", "set", "version=4");
  expect(await atRemote(at, "counts.json")).toEqual({ value: 8 });
  expect((await atRemote(at, "deployments.json")).apps.web.version).toBe("4");
  expect(await status(at, a)).toBe("## main...origin/main");
}, 60_000);

test("what a person has changed by hand is shared by sync, which also gets what others have", async () => {
  await using at = await machines(2, { files: { ...files, "notes.txt": "1\n" } });
  const [a, b] = at.all as [Sandbox, Sandbox];
  await ok(b, "run", "set", "app=api", "version=3");
  await ok(a, "state", "set", "deployments", ".by", "me");
  await a.write("notes.txt", "2\n");
  expect((await ok(a, "state", "sync")).stdout).toBe("pushed  infra/state/deployments.json\n");
  const both = { apps: { web: { version: "0" }, api: { version: "3" } }, by: "me" };
  expect([await atRemote(at, "deployments.json"), await a.json("infra/state/deployments.json")]).toEqual([both, both]);
  expect(await status(at, a)).toBe("## main...origin/main\n M notes.txt");
  expect((await ok(b, "state", "sync")).stdout).toBe("Nothing was to be pushed.\n");
  expect(await b.json("infra/state/deployments.json")).toEqual(both);

  await ok(a, "state", "set", "deployments", ".by", "a");
  await ok(b, "state", "set", "deployments", ".by", "b");
  await ok(a, "state", "sync");
  const refused = await b.garza("state", "sync");
  expect([refused.exitCode, refused.stderr]).toEqual([
    1,
    expect.stringContaining("deployments.json: .by was changed here and elsewhere"),
  ]);
  expect([(await atRemote(at, "deployments.json")).by, await b.read("infra/state/deployments.json")]).toEqual([
    "a",
    expect.stringContaining('"by": "b"'),
  ]);
}, 60_000);

test("through an agent it is the same", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  const agent = a.start("agent");
  await agent.says("agent");
  await ok(a, "state", "set", "deployments", ".by", "me");
  expect(JSON.parse((await ok(a, "state", "sync", "--json")).stdout)).toEqual({
    files: ["infra/state/deployments.json"],
    tree: null,
  });
  expect((await atRemote(at, "deployments.json")).by).toBe("me");
}, 60_000);

test("a remote whose address is a path from the work tree is reached as git reaches it", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await at.git(a, "remote", "set-url", "origin", "../remote.git");
  await ok(a, "run", "set", "version=4");
  expect((await atRemote(at, "deployments.json")).apps.web.version).toBe("4");
  expect(await status(at, a)).toBe("## main...origin/main");
}, 60_000);

test("manual leaves the files to a person", async () => {
  await using at = await machines(1, { files: { ...files, "garza.yml": "state: { publish: manual }\n" } });
  const [a] = at.all as [Sandbox];
  await ok(a, "run", "set", "version=4");
  expect((await atRemote(at, "deployments.json")).apps.web.version).toBe("0");
  expect(await readFile(join(a.root, "infra/state/deployments.json"), "utf8")).toContain('"version": "4"');
}, 60_000);
