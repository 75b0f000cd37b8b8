/** A work tree that can't follow what was published: nothing of ours is left in the way of its user's git pull. */
import { expect, test } from "bun:test";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";

const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test }\n`;
const files = {
  "operations/set.yml": `${head("set")}parameters: { version: "1" }
steps:
  - { type: lock, name: lock, resource: web, wait: 30 }
  - { type: state_update, name: set, file: deployments.json, updates: { ".web": "\${version}" } }
  - { type: unlock, name: unlock, resource: web }
`,
  "operations/see.yml": `${head("see")}parameters: { version: "1" }
steps:
  - { type: state_check, name: see, file: deployments.json, path: .web, expected: "\${version}" }
`,
  "infra/state/deployments.json": '{"web": "0"}\n',
  "notes.txt": "1\n",
};

const status = (at: Machines, box: Sandbox) => at.git(box, "status", "--porcelain");
const published = async (at: Machines) => JSON.parse(await at.shared("show", "main:infra/state/deployments.json"));

async function commitNotes(at: Machines, box: Sandbox) {
  await box.write("notes.txt", "2\n");
  await at.git(box, "commit", "-q", "-m", "By hand", "notes.txt");
}

test("with commits of its own it stays as they are; operations see what is published, and no more once it was pulled", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  await commitNotes(at, a);
  const ended = await a.garza("run", "set", "version=1");
  expect([ended.exitCode, ended.stderr.split("git pull --rebase").length - 1]).toEqual([0, 1]);
  expect([await published(at), await a.json("infra/state/deployments.json")]).toEqual([{ web: "1" }, { web: "0" }]);
  expect([await status(at, a), (await a.garza("run", "see", "version=1")).exitCode]).toEqual(["", 0]);
  expect((await b.garza("run", "set", "version=2")).exitCode).toBe(0);
  await at.git(a, "pull", "-q", "--rebase");
  expect((await a.garza("run", "see", "version=2")).exitCode).toBe(0);
  expect((await a.garza("run", "set", "version=3")).exitCode).toBe(0);
  expect([await published(at), await status(at, a)]).toEqual([{ web: "3" }, ""]);
  await at.git(a, "pull", "-q", "--rebase");
  await at.git(a, "push", "-q");
  expect(await a.json("infra/state/deployments.json")).toEqual({ web: "3" });
}, 60_000);

test("on another branch it stays as that has it, and goes on when its user comes back", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await at.git(a, "checkout", "-q", "-b", "trial");
  expect((await a.garza("run", "set", "version=1")).exitCode).toBe(0);
  expect([await published(at), await status(at, a)]).toEqual([{ web: "1" }, ""]);
  expect((await a.garza("run", "see", "version=1")).exitCode).toBe(0);
  await commitNotes(at, a);
  await at.git(a, "checkout", "-q", "main");
  expect((await a.garza("run", "set", "version=2")).exitCode).toBe(0);
  expect([await a.json("infra/state/deployments.json"), await status(at, a)]).toEqual([{ web: "2" }, ""]);
}, 60_000);

test("in the middle of a merge it is not touched", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await at.git(a, "checkout", "-q", "-b", "trial");
  await commitNotes(at, a);
  await at.git(a, "checkout", "-q", "main");
  await a.write("notes.txt", "3\n");
  await at.git(a, "commit", "-q", "-a", "-m", "By hand, too");
  await at.git(a, "merge", "-q", "trial").catch(() => "");
  const before = await status(at, a);
  const ended = await a.garza("run", "set", "version=1");
  expect([ended.exitCode, ended.stderr]).toEqual([0, expect.stringContaining("a merge is under way")]);
  expect(await published(at)).toEqual({ web: "1" });
  expect(before).toContain("notes.txt");
  await a.write("notes.txt", "4\n");
  await at.git(a, "add", "notes.txt");
  await at.git(a, "commit", "-q", "-m", "Merged");
  expect((await a.garza("state", "sync")).exitCode).toBe(0);
  expect(await status(at, a)).toBe("");
}, 60_000);
