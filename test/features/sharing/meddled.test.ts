/** What a person does with git in between: shared locks and state go on from whatever they find. */
import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { faultsOf } from "../../support/shared-audit.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";

const files = {
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { app: web, version: "1", file: deployments.json }
steps:
  - { type: lock, name: lock, resource: "app-\${app}", wait: 30 }
  - { type: state_update, name: set, file: "\${file}", updates: { ".\${app}": "\${version}" } }
  - { type: unlock, name: unlock, resource: "app-\${app}" }
`,
  "operations/see.yml": `operation: { name: see, type: maintain, description: A test }
steps:
  - { type: state_check, name: see, file: deployments.json, path: .web, expected: "1" }
`,
  "infra/state/deployments.json": '{"web": "0"}\n',
  "infra/state/counts.json": '{"kept": 1}\n',
};

const pair = ({ all }: Machines) => all as [Sandbox, Sandbox];
const set = async (box: Sandbox, version: string, ...more: string[]) => {
  const { exitCode, stderr } = await box.garza("run", "set", `version=${version}`, ...more);
  expect([version, exitCode, exitCode === 0 ? "" : stderr]).toEqual([version, 0, ""]);
  return stderr;
};
const stateOf = async (at: Machines, file = "deployments") =>
  JSON.parse(await at.shared("show", `main:infra/state/${file}.json`));
const status = (at: Machines, box: Sandbox) => at.git(box, "status", "--porcelain", "--branch");

/** Whatever no branch, tag or log of this clone leads to is gone. */
async function sweep(at: Machines, box: Sandbox): Promise<void> {
  for (const name of ["FETCH_HEAD", "ORIG_HEAD"]) await rm(join(box.root, ".git", name), { force: true });
  await at.git(box, "reflog", "expire", "--expire=now", "--all");
  await at.git(box, "gc", "-q", "--prune=now");
}

test("swept by gc at both ends it goes on, also where that takes what only the private store still needs", async () => {
  await using at = await machines(2, { files });
  const [a, b] = pair(at);
  await set(a, "1");
  await set(b, "1", "app=api");
  await at.shared("gc", "-q", "--prune=now");
  await sweep(at, a);
  await sweep(at, b);
  await set(b, "2", "app=n", "file=counts.json");
  // The clone has this from its own fetch, and lends it to the store. Then the person takes up an old commit.
  await at.git(a, "pull", "-q");
  await set(a, "2");
  await at.git(a, "reset", "-q", "--hard", "@{upstream}~3");
  await at.git(a, "update-ref", "-d", "refs/remotes/origin/main");
  await sweep(at, a);
  const lacks = await a.run("git", "--git-dir", ".git/garza/store.git", "rev-list", "--objects", "--quiet", "--all");
  expect(lacks.exitCode).not.toBe(0);

  await set(a, "3", "file=counts.json");
  expect([await stateOf(at), await stateOf(at, "counts")]).toEqual([
    { web: "2", api: "1" },
    { kept: 1, n: "2", web: "3" },
  ]);
  expect(faultsOf(at.remote)).toEqual([]);
  await at.git(a, "fetch", "-q");
  expect(await status(at, a)).toBe("## main...origin/main");
}, 60_000);

test("an agent whose private store was deleted makes it anew", async () => {
  await using at = await machines(1, { files });
  const [a] = pair(at);
  const store = join(a.root, ".git/garza/store.git");
  const agent = a.start("agent");
  await agent.says("ready: ");
  for (const version of ["1", "2", "3"]) {
    await set(a, version);
    // The agent brings the tree up to date in its own time.
    while ((await status(at, a)) !== "## main...origin/main");
    await rm(store, { recursive: true });
  }
  expect(await a.garza("lock", "acquire", "web")).toMatchObject({ exitCode: 0 });
  await rm(store, { recursive: true });
  expect(await a.garza("lock", "release", "web")).toMatchObject({ exitCode: 0 });
  expect(await stateOf(at)).toEqual({ web: "3" });
  expect(agent.stderr()).not.toContain("does not show");
  expect(faultsOf(at.remote)).toEqual([]);
}, 60_000);

test("a person's commits stay theirs, and what is published meanwhile is not in the way of their git pull", async () => {
  await using at = await machines(1, { files });
  const [a] = pair(at);
  await a.write("mine.txt", "mine\n");
  await at.git(a, "add", "mine.txt");
  await at.git(a, "commit", "-q", "-m", "mine");
  expect(await set(a, "1")).toContain("git pull --rebase");
  await set(a, "2", "app=new", "file=new.json");
  expect(await stateOf(at, "new")).toEqual({ new: "2" });
  expect(await at.shared("log", "--format=%s", "main")).not.toContain("mine");
  // Operations know it all the same.
  expect(await a.garza("run", "see")).toMatchObject({ exitCode: 0 });
  expect(await status(at, a)).toBe("## main...origin/main [ahead 1, behind 4]");
  await at.git(a, "pull", "-q", "--rebase");
  await at.git(a, "push", "-q");
  await set(a, "3");
  expect([await stateOf(at), await at.shared("show", "main:mine.txt")]).toEqual([{ web: "3" }, "mine"]);
  expect(await status(at, a)).toBe("## main...origin/main");
}, 60_000);

test("from another branch, without one, and with a rebase begun it is published, and the tree is left to the person", async () => {
  await using at = await machines(2, { files: { ...files, "notes.txt": "1\n" } });
  const [a, b] = pair(at);
  await at.git(a, "switch", "-q", "-c", "feature");
  expect(await set(a, "1")).toContain("the work tree is not on main");
  expect(await status(at, a)).toBe("## feature");
  await at.git(a, "switch", "-q", "--detach");
  await set(a, "2");
  expect(await status(at, a)).toBe("## HEAD (no branch)");
  expect(await stateOf(at)).toEqual({ web: "2" });

  await at.git(b, "pull", "-q");
  await b.write("notes.txt", "theirs\n");
  await at.git(b, "commit", "-qam", "theirs");
  await at.git(b, "push", "-q");
  await at.git(a, "switch", "-q", "main");
  await a.write("notes.txt", "mine\n");
  await at.git(a, "commit", "-qam", "mine");
  await expect(at.git(a, "pull", "-q", "--rebase")).rejects.toThrow("could not apply");
  expect(await set(a, "3")).toContain("a rebase is under way");
  expect(await at.git(a, "diff", "--name-only")).toBe("notes.txt\nnotes.txt");
  await a.write("notes.txt", "both\n");
  await at.git(a, "add", "notes.txt");
  await at.git(a, "-c", "core.editor=true", "rebase", "--continue");
  await at.git(a, "pull", "-q", "--rebase");
  await at.git(a, "push", "-q");
  await set(a, "4");
  expect([await stateOf(at), await at.shared("show", "main:notes.txt")]).toEqual([{ web: "4" }, "both"]);
  expect(await status(at, a)).toBe("## main...origin/main");
  expect(faultsOf(at.remote)).toEqual([]);
}, 60_000);
