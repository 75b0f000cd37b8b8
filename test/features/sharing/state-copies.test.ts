/** Copies of state files that are on a branch of their own: whatever is done to them here, nothing of others is lost there. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { compiledProgram, type Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";
import { until } from "../../support/temporary.ts";

const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test }\n`;
const lock = (steps: string) => `steps:
  - { type: lock, name: lock, resource: db }
${steps}  - { type: unlock, name: unlock, resource: db }
`;
const setting = "state: { branch: garza-state, publish_interval: 1s }\n";
const files = {
  "garza.yml": setting,
  "operations/set.yml": `${head("set")}parameters: { key: "", value: "" }\n${lock(
    `  - { type: state_update, name: set, file: apps.json, updates: { ".\${key}": "\${value}" } }\n`,
  )}`,
  "operations/look.yml": `${head("look")}${lock("  - { type: command, name: look, command: 'true' }\n")}`,
};

const two = async (more: Record<string, string> = {}) => {
  const at = await machines(2, { files: { ...files, ...more } });
  const [one, other] = at.all as [Sandbox, Sandbox];
  return { at, one, two: other, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
};
const run = async (box: Sandbox, ...words: string[]) => {
  const { exitCode, stderr } = await box.garza("run", ...words);
  expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
  return stderr;
};
const set = (box: Sandbox, key: string, value: string) => run(box, "set", `key=${key}`, `value=${value}`);
const garza = async (box: Sandbox, ...words: string[]) => {
  const done = await box.garza(...words);
  expect([done.exitCode, done.exitCode === 0 ? "" : done.stderr]).toEqual([0, ""]);
  return done;
};
const sync = async (box: Sandbox) => {
  const { exitCode, stderr } = await box.garza("state", "sync");
  return [exitCode, stderr];
};
const copy = async (box: Sandbox) => JSON.parse(await box.read("infra/state/apps.json"));
const edit = async (box: Sandbox, change: object) =>
  box.write("infra/state/apps.json", JSON.stringify({ ...(await copy(box)), ...change }));
const shared = async (at: Machines) => JSON.parse(await at.shared("show", "garza-state:infra/state/apps.json"));

test("what is made of a copy by hand is put aside and told, and changes nothing that is shared", async () => {
  await using here = await two();
  const { at, one, two: other } = here;
  await set(one, "a", "1");
  await set(other, "b", "2");
  await edit(other, { a: "mine", e: 5 });
  await set(one, "a", "9");
  const said = await run(other, "look");
  const [, kept = ""] =
    /was changed by hand, and is only a copy of what is shared\. Yours is kept: (\S+)\./.exec(said) ?? [];
  expect(JSON.parse(readFileSync(kept, "utf8"))).toEqual({ a: "mine", b: "2", e: 5 });
  const all = { a: "9", b: "2" };
  expect([await copy(other), await sync(other), await shared(at)]).toEqual([all, [0, ""], all]);
  // An older text is a change like any other.
  for (const value of ["1", "2", "1"]) await garza(one, "state", "set", "apps", ".c", value);
  expect([await copy(one), await shared(at)]).toEqual([
    { ...all, c: "1" },
    { ...all, c: "1" },
  ]);
}, 60_000);

test("state is set, merged and deleted on the branch itself, where the file begins as well", async () => {
  await using here = await two();
  const { at, one, two: other } = here;
  const made = await garza(one, "state", "set", "apps", ".a.b:=[1]");
  expect([made.stdout, made.stderr]).toEqual([
    ".a.b  nothing -> [1]\n",
    expect.stringContaining("made infra/state/apps.json\n"),
  ]);
  await garza(other, "state", "merge", "apps", '{"a": {"c": 2}, "d": {"e": 3}}');
  await garza(other, "state", "delete", "apps", ".d.e");
  const all = { a: { b: [1], c: 2 }, d: {} };
  expect([await shared(at), await copy(other)]).toEqual([all, all]);
  const nothing = await other.garza("state", "delete", "apps", ".x");
  expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining(".x")]);
  writeFileSync(join(at.remote, "hooks/update"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  expect((await other.garza("state", "set", "apps", ".x", "1")).exitCode).toBe(69);
  expect([await shared(at), await copy(other)]).toEqual([all, all]);
}, 60_000);

test("a value that was refused with a lock that was lost is never published, whatever else is done to the copy", async () => {
  const slow = `${head("slow")}parameters: { gate: "" }\n${lock(
    `  - { type: state_update, name: set, file: apps.json, updates: { ".a": "REFUSED" } }
  - { type: command, name: wait, command: "touch \${gate}.in; until test -e \${gate}; do sleep 0.02; done" }\n`,
  )}`;
  await using here = await two({ "operations/slow.yml": slow });
  const { at, one, two: other } = here;
  await set(one, "a", "1");
  await run(other, "look");
  const gate = join(other.folder, "gate");
  const running = other.start("run", "slow", `gate=${gate}`);
  await until(() => existsSync(`${gate}.in`));
  await edit(other, { e: 5 });
  await garza(one, "lock", "release", "db", "--force", "--yes", "--reason", "test");
  await set(one, "b", "theirs");
  writeFileSync(gate, "");
  expect((await running.ended).stderr).toContain("was not published");
  expect(await sync(other)).toEqual([0, expect.anything()]);
  await run(other, "look");
  const all = { a: "1", b: "theirs" };
  expect([await shared(at), await copy(other)]).toEqual([all, all]);
}, 60_000);

test("a copy that git or somebody else has put there is none of this person's work", async () => {
  await using here = await two({ "infra/state/apps.json": '{ "old": 1 }\n' });
  const { at, one, two: other } = here;
  await set(one, "a", "1");
  await set(other, "b", "2");
  const all = { old: 1, a: "1", b: "2" };
  await at.git(other, "reset", "-q", "--hard");
  expect(await sync(other)).toEqual([0, ""]);
  expect([await shared(at), await copy(other)]).toEqual([all, all]);
  await at.git(other, "checkout", "-q", "--", "infra/state");
  await run(other, "look");
  expect(await copy(other)).toEqual(all);

  const tree = join(other.folder, "tree");
  await at.git(other, "worktree", "add", "-q", "--detach", tree);
  const inTree = await other.run(
    "sh",
    "-c",
    `cd ${tree} && GARZA_HOME=${other.folder}/second ${compiledProgram()} state sync`,
  );
  expect(inTree.exitCode).toBe(0);
  expect([await shared(at), JSON.parse(readFileSync(join(tree, "infra/state/apps.json"), "utf8"))]).toEqual([all, all]);

  // The data folder is lost.
  other.env.GARZA_HOME = join(other.folder, "third");
  await set(one, "a", "2");
  await run(other, "look");
  expect(await sync(other)).toEqual([0, ""]);
  expect([await shared(at), await copy(other)]).toEqual([
    { ...all, a: "2" },
    { ...all, a: "2" },
  ]);
}, 90_000);

test("one that is made by hand in a clone that has none yet is put aside", async () => {
  await using here = await two();
  const { at, one, two: other } = here;
  await set(one, "a", "1");
  await other.write("infra/state/apps.json", '{"x": 1}');
  const [exitCode, said] = await sync(other);
  expect([exitCode, said]).toEqual([0, expect.stringContaining("was changed by hand")]);
  expect([await copy(other), await sync(other), await shared(at)]).toEqual([{ a: "1" }, [0, ""], { a: "1" }]);
}, 60_000);

test("where nothing is published by itself, it is with state sync", async () => {
  await using here = await two({ "garza.yml": "state: { branch: garza-state, publish: manual }\n" });
  const { at, one, two: other } = here;
  for (const [box, key, value] of [
    [one, "a", "up"],
    [other, "b", "b"],
    [one, "a", "down"],
    [one, "a", "up"],
    [other, "d", "d"],
  ] as const) {
    await set(box, key, value);
    expect(await sync(box)).toEqual([0, expect.anything()]);
  }
  expect(await shared(at)).toEqual({ a: "up", b: "b", d: "d" });
}, 60_000);

test("it stays in its place while git works, and what is saved then is kept", async () => {
  const pull = `${head("pull")}steps:\n  - { type: git, name: pull, command: git pull }\n`;
  await using here = await two({ "operations/pull.yml": pull });
  const { one, two: other } = here;
  await set(one, "a", "1");
  await run(other, "look");
  const git = Bun.which("git") ?? "";
  const gate = join(other.folder, "gate");
  await other.write(
    "../slow/git",
    `#!/bin/sh\ncase " $* " in *" pull "*) : >${gate}.in; until [ -e ${gate} ]; do sleep 0.02; done ;; esac\nexec ${git} "$@"\n`,
  );
  await other.run("chmod", "+x", join(other.folder, "slow/git"));
  other.env.PATH = `${join(other.folder, "slow")}:${other.env.PATH}`;
  const pulling = other.start("run", "pull");
  await until(() => existsSync(`${gate}.in`));
  expect((await other.garza("state", "get", "apps", ".a")).stdout).toBe("1\n");
  await edit(other, { e: 5 });
  writeFileSync(gate, "");
  const { exitCode, stderr } = await pulling.ended;
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("was changed by hand")]);
  expect(await copy(other)).toEqual({ a: "1" });
}, 60_000);

test("what was published before the branch was, is no longer put on top of it", async () => {
  await using here = await two({ "garza.yml": "state: { publish_interval: 1s }\n" });
  const { at, one, two: other } = here;
  await at.git(other, "commit", "-q", "--allow-empty", "-m", "Mine");
  await set(other, "a", "1");
  for (const box of at.all) await box.write("garza.yml", setting);
  await set(one, "a", "2");
  await set(one, "a", "3");
  await run(other, "look");
  expect((await other.garza("state", "get", "apps", ".a")).stdout).toBe("3\n");
}, 60_000);

test("a branch that was deleted is made again as it was, and a rebase does not keep copies from being brought up to date", async () => {
  await using here = await two();
  const { at, one, two: other } = here;
  await set(one, "a", "1");
  await set(other, "b", "2");
  await at.shared("update-ref", "-d", "refs/heads/garza-state");
  await set(other, "c", "3");
  expect(await shared(at)).toEqual({ a: "1", b: "2", c: "3" });

  for (const text of ["x", "y"]) {
    await other.write("notes.txt", text);
    await at.git(other, "add", "notes.txt");
    await at.git(other, "commit", "-q", "-m", text);
  }
  await other.run("git", "-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-q", "-i", "HEAD~1");
  expect(existsSync(join(other.root, ".git/rebase-merge"))).toBe(true);
  await set(one, "a", "9");
  await run(other, "look");
  expect(await copy(other)).toEqual({ a: "9", b: "2", c: "3" });
}, 60_000);

test("who takes the setting out is told where the rest is; a copy that was taken away comes back", async () => {
  await using here = await two();
  const { at, one, two: other } = here;
  await set(one, "a", "1");
  await run(other, "look");
  await rm(join(other.root, "infra/state/apps.json"));
  await run(other, "look");
  expect(await copy(other)).toEqual({ a: "1" });
  await one.write("garza.yml", "state: { publish_interval: 1s }\n");
  expect(await set(one, "d", "4")).toContain("what is on the branch that they had to themselves stays there");
  expect(await shared(at)).toEqual({ a: "1" });
}, 60_000);
