import { describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, renameSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { repairMergeDriver } from "../../../src/state/merge-driver.ts";
import { compiledProgram, type Sandbox, sandbox } from "../../support/sandbox.ts";

const person = { GIT_AUTHOR_NAME: "P", GIT_AUTHOR_EMAIL: "p@x", GIT_COMMITTER_NAME: "P", GIT_COMMITTER_EMAIL: "p@x" };
const file = "infra/state/deployments.json";

type Apps = Record<string, unknown>;
const text = (apps: Apps, ids: string[]) =>
  `${JSON.stringify({ apps, operations: ids.map((id) => ({ id, timestamp: id })) }, null, 2)}\n`;
const noop =
  "operation: { name: t, type: maintain, description: d }\nsteps:\n  - { type: set, name: one, values: { a: 1 } }\n";

/** A clone with state that it shares, and `theirs` committed by somebody else at the remote. */
async function shared({ init = true } = {}): Promise<Sandbox & { theirs(changed: string): Promise<void> }> {
  const box = await sandbox({
    files: { [file]: text({ a: 1, b: 1 }, ["1"]), "operations/t.yml": noop },
    env: person,
  });
  const git = async (...args: string[]) => {
    const { exitCode, stderr } = await box.run("git", ...args);
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  };
  if (init) expect((await box.garza("init")).exitCode).toBe(0);
  await git("add", "-A");
  await git("commit", "-q", "--allow-empty", "-m", "shared");
  const [remote, other] = [join(box.folder, "remote.git"), join(box.folder, "other")];
  await git("clone", "-q", "--bare", ".", remote);
  await git("remote", "add", "origin", remote);
  await git("fetch", "-q", "origin");
  await git("branch", "-q", "-u", "origin/main");
  await git("clone", "-q", remote, other);
  return {
    ...box,
    async theirs(changed) {
      await Bun.write(join(other, file), changed);
      await git("-C", other, "commit", "-qam", "theirs");
      await git("-C", other, "push", "-q");
    },
  };
}

async function ours(box: Sandbox, changed: string): Promise<void> {
  await box.write(file, changed);
  expect((await box.run("git", "commit", "-qam", "ours")).exitCode).toBe(0);
}

const merged = text({ a: 2, b: 2 }, ["1", "2", "3"]);

describe("what both sides have changed in a state file", () => {
  test.each<[string, string[][]]>([
    ["git pull", [["pull", "-q", "--no-rebase", "--no-edit"]]],
    ["git pull --rebase", [["pull", "-q", "--rebase"]]],
    [
      "git cherry-pick",
      [
        ["fetch", "-q"],
        ["cherry-pick", "origin/main"],
      ],
    ],
  ])("is merged by key and by id in %s", async (_, commands) => {
    await using box = await shared();
    await box.theirs(text({ a: 2, b: 1 }, ["1", "3"]));
    await ours(box, text({ a: 1, b: 2 }, ["1", "2"]));
    for (const command of commands) expect(await box.run("git", ...command)).toMatchObject({ exitCode: 0 });
    expect(await box.read(file)).toBe(merged);
    expect((await box.run("git", "status", "--porcelain")).stdout).toBe("");
  });

  test("is marked where only a person can decide, and nowhere else", async () => {
    await using box = await shared();
    await box.theirs(text({ a: 2, b: 2 }, ["1", "3"]));
    await ours(box, text({ a: 3, b: 1 }, ["1", "2"]));
    const { exitCode, stderr } = await box.run("git", "pull", "-q", "--no-rebase", "--no-edit");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`garza: conflict in ${file} .apps.a: ours 3, theirs 2, before 1\n`);
    const marks = '<<<<<<< ours\n    "a": 3,\n=======\n    "a": 2,\n>>>>>>> theirs\n';
    expect(await box.read(file)).toBe(merged.replace('    "a": 2,\n', marks));
    expect((await box.run("git", "status", "--porcelain")).stdout).toBe(`UU ${file}\n`);
    expect((await box.garza("run", "t")).exitCode).toBe(0);
  });

  test("is merged as text where one side is no JSON, and left to a person", async () => {
    await using box = await shared();
    await box.theirs(text({ a: 2, b: 1 }, ["1"]));
    await ours(box, text({ a: 1, b: 1 }, ["1"]).replace('"id": "1",', '"id": "1",\n      "id": "2",'));
    const { exitCode, stderr } = await box.run("git", "pull", "-q", "--no-rebase", "--no-edit");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `garza: conflict in ${file} (ours), line 9, column 7: the key "id" stands here for the second time; it was merged as text\n`,
    );
    expect(await box.read(file)).toContain('"a": 2');
    expect(await box.read(file)).toContain('"id": "1",\n      "id": "2"');
    expect((await box.run("git", "status", "--porcelain")).stdout).toBe(`UU ${file}\n`);
  });

  test("is in git's hands where the driver is not set, or is gone: nothing is lost", async () => {
    for (const unset of [
      ["--remove-section", "merge.garza-json"],
      ["merge.garza-json.driver", "/gone/garza %O %A %B %P"],
    ]) {
      await using box = await shared();
      await box.run("git", "config", ...unset);
      await box.theirs(text({ a: 1, b: 1 }, ["1", "3"]));
      await ours(box, text({ a: 1, b: 1 }, ["1", "2"]));
      expect((await box.run("git", "pull", "-q", "--no-rebase", "--no-edit")).exitCode).toBe(1);
      expect((await box.run("git", "status", "--porcelain")).stdout).toBe(`UU ${file}\n`);
      for (const [stage, id] of [
        ["2", "2"],
        ["3", "3"],
      ] as const)
        expect((await box.run("git", "show", `:${stage}:${file}`)).stdout).toContain(`"id": "${id}"`);
    }
  });
});

describe("the driver of a clone", () => {
  const driver = async (box: Sandbox) => (await box.run("git", "config", "merge.garza-json.driver")).stdout;

  test("is set by init, which adds to .gitattributes what is missing and leaves the rest", async () => {
    await using box = await sandbox({ files: { ".gitattributes": "*.png binary" } });
    expect((await box.garza("init")).stdout).toContain("made  .gitattributes\n");
    const attributes = "*.png binary\n/infra/state/*.json merge=garza-json -text\n";
    expect(await box.read(".gitattributes")).toBe(attributes);
    expect(await driver(box)).toBe(`'${compiledProgram()}' state merge-driver %O %A %B %P\n`);
    expect((await box.garza("init")).stdout).toBe("");
    expect(await box.read(".gitattributes")).toBe(attributes);
    expect((await box.garza("doctor")).stdout).toContain(`state merge  '${compiledProgram()}' state merge-driver`);
  });

  test("is set in a new clone, and its worktrees, by what runs operations there, and by nothing else", async () => {
    await using box = await shared();
    await box.run("git", "config", "--remove-section", "merge.garza-json");
    expect((await box.garza("doctor")).stdout).toContain("this clone has no driver for them");
    expect(await driver(box)).toBe("");
    await box.run("git", "worktree", "add", "-q", "../tree");
    const root = join(box.folder, "tree");
    expect((await box.garza("run", "t", "--root", root)).exitCode).toBe(0);
    expect(await driver(box)).toContain(compiledProgram());
    expect((await box.run("git", "-C", root, "status", "--porcelain")).stdout).toBe("");
  });

  test("is not set where the repository does not ask for it", async () => {
    await using box = await shared({ init: false });
    expect((await box.garza("run", "t")).stderr).not.toContain("state files");
    expect(await driver(box)).toBe("");
    expect((await box.garza("doctor")).stdout).toContain(".gitattributes does not name garza");
  });

  test("is left alone in a clone of somebody else", async () => {
    await using box = await shared();
    await box.run("git", "config", "--remove-section", "merge.garza-json");
    const repair = (user?: number) =>
      repairMergeDriver(box.root, "/usr/bin/garza", { directory: box.root, env: box.env }, user);
    expect([await repair(4_000_000), await driver(box)]).toEqual([false, ""]);
    expect([await repair(), await repair()]).toEqual([true, false]);
    expect(await driver(box)).toStartWith("'/usr/bin/garza' state merge-driver");
  });

  test("follows a program that has moved, whatever its path", async () => {
    await using box = await shared();
    const [here, there] = [join(box.folder, 'it\'s 50% "here"'), join(box.folder, "there $HOME")];
    mkdirSync(here);
    copyFileSync(compiledProgram(), join(here, "garza"));
    chmodSync(join(here, "garza"), 0o755);
    renameSync(here, there);
    expect((await box.run(join(there, "garza"), "run", "t")).exitCode).toBe(0);
    await box.theirs(text({ a: 2, b: 1 }, ["1", "3"]));
    await ours(box, text({ a: 1, b: 2 }, ["1", "2"]));
    expect((await box.run("git", "pull", "-q", "--no-rebase", "--no-edit")).exitCode).toBe(0);
    renameSync(there, here);
    expect((await box.run(join(here, "garza"), "run", "t")).exitCode).toBe(0);
    await box.theirs(text({ a: 2, b: 1 }, ["1", "3", "5"]));
    await ours(box, text({ a: 2, b: 2 }, ["1", "2", "3", "4"]));
    expect((await box.run("git", "pull", "-q", "--no-rebase", "--no-edit")).exitCode).toBe(0);
    expect(await box.read(file)).toBe(text({ a: 2, b: 2 }, ["1", "2", "3", "4", "5"]));
  });

  test("costs no git where nothing has changed", async () => {
    await using box = await shared();
    await box.garza("run", "t");
    await box.program("git", `exec ${Bun.which("git")} "$@"`);
    expect((await box.garza("run", "t")).exitCode).toBe(0);
    expect(await box.calls("git")).toEqual([]);
    await appendFile(join(box.root, ".git/config"), "[x]\n");
    await box.garza("run", "t");
    await box.garza("run", "t");
    expect((await box.calls("git")).filter((call) => call.includes("config"))).toHaveLength(1);
  });
});
