import { beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { git } from "../../src/steps/git.ts";
import { type Repositories, repositories } from "../support/repositories.ts";
import { runStep } from "../support/step-context.ts";
import { sandbox } from "../support/temporary.ts";

const all = sandbox();
let at: Repositories;
beforeEach(() => {
  at = repositories(all);
});

describe("git commit", () => {
  test("takes what this operation added, and leaves what the user has staged, changed and made as it is", async () => {
    at.write(at.tree, { a: "staged\n", state: "{1}\n", new: "n\n" });
    at.user(at.tree, "add", "a");
    at.write(at.tree, { b: "dirty\n" });
    const outcome = await at.run(["git add state", "git commit -m 'the state, \"quoted\"'"]);
    expect(outcome.kind).toBe("done");
    expect(at.user(at.tree, "show", "--name-status", "--format=%s", "HEAD")).toBe('the state, "quoted"\n\nM\tstate');
    expect(at.user(at.tree, "status", "--porcelain")).toBe("M  a\n M b\n?? new".trim());
    expect([at.read("a"), at.read("b")]).toEqual(["staged\n", "dirty\n"]);
  });

  test("leaves the user's own staging of the very same file", async () => {
    at.write(at.tree, { state: "{user}\n" });
    at.user(at.tree, "add", "state");
    at.write(at.tree, { state: "{ours}\n" });
    expect((await at.run(["git add state", "git commit -m x"])).kind).toBe("done");
    expect([at.user(at.tree, "show", "HEAD:state"), at.user(at.tree, "show", ":state")]).toEqual(["{ours}", "{user}"]);
  });

  test("takes removals and new files, over several steps of the operation, with other commits in between", async () => {
    await at.run(["git rm -q b"]);
    at.write(at.tree, { "new ü": "n\n" });
    await runStep(git, { command: "git add ${file}" }, at.contextOf({ names: { file: "new ü" } }));
    at.write(at.tree, { a: "by the user\n" });
    at.user(at.tree, "commit", "-q", "-m", "in between", "a");
    expect((await at.run(["git commit -m x"])).kind).toBe("done");
    expect(at.user(at.tree, "-c", "core.quotePath=false", "show", "--name-status", "--format=", "HEAD")).toBe(
      "D\tb\nA\tnew ü",
    );
    expect([at.user(at.tree, "status", "--porcelain"), at.user(at.tree, "show", "HEAD:a")]).toEqual([
      "",
      "by the user",
    ]);
  });

  test("knows nothing of what another operation has added", async () => {
    at.write(at.tree, { a: "one\n", b: "two\n" });
    await at.run(["git add a"], { operation: { id: "op_ONE", name: "n", type: "deploy" } });
    await at.run(["git add b", "git commit -m two"], { operation: { id: "op_TWO", name: "n", type: "deploy" } });
    expect(at.user(at.tree, "show", "--name-only", "--format=", "HEAD")).toBe("b");
    await at.run(["git commit -m one"], { operation: { id: "op_ONE", name: "n", type: "deploy" } });
    expect(at.user(at.tree, "show", "--name-only", "--format=", "HEAD")).toBe("a");
    expect(at.user(at.tree, "status", "--porcelain")).toBe("");
  });

  test("with nothing to commit succeeds with an empty value", async () => {
    at.write(at.tree, { b: "dirty\n" });
    at.user(at.tree, "add", "b");
    expect(await at.run(["git commit -m x"])).toMatchObject({ kind: "done", value: "" });
    expect(await at.run(["git add a", "git commit -m x"])).toMatchObject({ kind: "done", value: "" });
    expect(await at.run(["git commit -m x a"])).toMatchObject({ kind: "done", value: "" });
    expect(at.user(at.tree, "log", "--format=%s")).toBe("first");
  });

  test("of named paths takes those alone", async () => {
    at.write(at.tree, { a: "x\n", b: "y\n" });
    expect((await at.run(["git commit -q -m x b"])).kind).toBe("done");
    expect(at.user(at.tree, "show", "--name-only", "--format=", "HEAD")).toBe("b");
    expect(at.user(at.tree, "status", "--porcelain")).toBe("M a");
  });

  test("works without a configured identity, in an empty repository too", async () => {
    const empty = join(at.tree, "empty");
    mkdirSync(empty);
    const outcome = await runStep(
      git,
      { commands: ["git init -q", "git config user.useConfigOnly true"], directory: "empty" },
      at.contextOf(),
    );
    expect(outcome.kind).toBe("done");
    at.write(empty, { f: "1" });
    const made = { commands: ["git add f", "git commit -q -m first"], directory: "empty" };
    expect(await runStep(git, made, at.contextOf())).toMatchObject({ kind: "done" });
    expect([at.user(empty, "log", "--format=%an %s"), at.user(empty, "status", "--porcelain")]).toEqual([
      "garza first",
      "",
    ]);
  });

  test("runs the user's hooks, and fails with what they say", async () => {
    const hook = join(at.tree, ".git/hooks/pre-commit");
    writeFileSync(hook, '#!/bin/sh\necho "no: $(git diff --cached --name-only)" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    at.write(at.tree, { a: "x\n" });
    expect(await at.run(["git add a", "git commit -m x"])).toMatchObject({
      kind: "failed",
      message: "exit code 1\nno: a",
    });
    rmSync(hook);
    expect((await at.run(["git commit -m x"])).kind).toBe("done");
  });

  test.each(["git commit -am x", "git commit --all -m x", "git commit --amend --no-edit", "git commit -p"])(
    "refuses %s",
    async (text) => {
      at.write(at.tree, { a: "x\n" });
      expect(await at.run([text])).toMatchObject({ kind: "failed", message: expect.stringContaining("is refused") });
      expect(at.user(at.tree, "log", "--format=%s")).toBe("first");
    },
  );

  test("does not end a merge that the user has begun", async () => {
    writeFileSync(join(at.tree, ".git/MERGE_HEAD"), `${at.user(at.tree, "rev-parse", "HEAD")}\n`);
    at.write(at.tree, { a: "x\n" });
    expect(await at.run(["git add a", "git commit -m x"])).toMatchObject({ kind: "failed" });
    expect(at.user(at.tree, "log", "--format=%s")).toBe("first");
  });

  test("that was made just before a crash is taken up: noted as ours, and in the user's index", async () => {
    at.write(at.tree, { state: "{1}\n" });
    await at.run(["git add state"]);
    let dead = true;
    const given = at.contextOf();
    const spawn: typeof given.spawn = async (request) => {
      if (!dead) return { exitCode: 0, signal: null, stdout: "as recorded", stderr: "" };
      await given.spawn(request);
      throw new Error("the agent died");
    };
    await expect(at.run(["git commit -q -m x"], { spawn })).rejects.toThrow("the agent died");
    dead = false;
    expect(await at.run(["git commit -q -m x"], { spawn })).toMatchObject({ kind: "done", value: "as recorded" });
    expect([at.user(at.tree, "log", "--format=%s"), at.user(at.tree, "status", "--porcelain")]).toEqual([
      "x\nfirst",
      "",
    ]);
  });
});
