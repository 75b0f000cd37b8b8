import { beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
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

describe("git push", () => {
  const commitState = ["git add state", "git commit -q -m ours"];

  test("refused because the remote has moved puts this operation's commits on top and pushes again", async () => {
    at.elsewhere({ b: "theirs\n" });
    at.write(at.tree, { state: "{1}\n", a: "1\n2\n3\n4\n5 dirty\n" });
    at.user(at.tree, "add", "a");
    expect((await at.run([...commitState, "git push"])).kind).toBe("done");
    expect(at.user(at.remote, "log", "--format=%s", "main")).toBe("ours\ntheirs\nfirst");
    expect(at.user(at.tree, "log", "--format=%s")).toBe("ours\ntheirs\nfirst");
    expect(at.user(at.tree, "rev-parse", "HEAD")).toBe(at.user(at.remote, "rev-parse", "main"));
    expect([at.read("b"), at.user(at.tree, "status", "--porcelain")]).toEqual(["theirs\n", "M  a"]);
    expect(at.user(at.tree, "for-each-ref", "refs/garza")).toBe("");
  });

  test("merges within a file", async () => {
    at.elsewhere({ a: "1 theirs\n2\n3\n4\n5\n" });
    at.write(at.tree, { a: "1\n2\n3\n4\n5 ours\n" });
    expect((await at.run(["git add a", "git commit -q -m ours", "git push origin main"])).kind).toBe("done");
    expect(at.user(at.remote, "show", "main:a")).toBe("1 theirs\n2\n3\n4\n5 ours");
    expect(at.read("a")).toBe("1 theirs\n2\n3\n4\n5 ours\n");
  });

  test("merges state files by key, where their lines are the same ones", async () => {
    const folder = "infra/state";
    for (const place of [at.tree, at.other]) mkdirSync(join(place, folder), { recursive: true });
    at.elsewhere({ [`${folder}/d.json`]: '{"a": 1}\n' });
    at.user(at.tree, "pull", "-q");
    at.elsewhere({ [`${folder}/d.json`]: '{"a": 1, "theirs": 2}\n' });
    at.write(at.tree, { [`${folder}/d.json`]: '{"a": 1, "ours": 3}\n' });
    expect((await at.run([`git add ${folder}`, "git commit -q -m ours", "git push"])).kind).toBe("done");
    expect(at.user(at.remote, "show", `main:${folder}/d.json`)).toBe('{"a": 1, "theirs": 2, "ours": 3}');
    at.user(at.other, "pull", "-q");
    at.elsewhere({ [`${folder}/d.json`]: "no JSON\n" });
    at.write(at.tree, { [`${folder}/d.json`]: '{"a": 4}\n' });
    expect(await at.run([`git add ${folder}`, "git commit -q -m again", "git push"])).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("both changed infra/state/d.json"),
    });
  });

  test("fails with the paths of a conflict, and moves nothing", async () => {
    at.elsewhere({ state: "theirs\n" });
    at.write(at.tree, { state: "ours\n" });
    expect(await at.run([...commitState, "git push"])).toMatchObject({
      kind: "failed",
      message: "this operation's commits and origin/main both changed state; nothing was moved",
    });
    expect([at.user(at.remote, "log", "--format=%s", "main"), at.read("state")]).toEqual(["theirs\nfirst", "ours\n"]);
    expect(at.user(at.tree, "status", "--porcelain")).toBe("");
  });

  test("pushes ours alone where the user has commits of their own, leaves the tree and says so", async () => {
    at.write(at.tree, { b: "by the user\n" });
    at.user(at.tree, "commit", "-q", "-am", "users");
    at.elsewhere({ a: "theirs\n" });
    at.write(at.tree, { state: "{1}\n" });
    const context = at.contextOf();
    expect((await runStep(git, { commands: [...commitState, "git push"] }, context)).kind).toBe("done");
    expect(at.user(at.remote, "log", "--format=%s", "main")).toBe("ours\ntheirs\nfirst");
    expect(at.user(at.tree, "log", "--format=%s")).toBe("ours\nusers\nfirst");
    expect(context.warned).toEqual([expect.stringContaining("other commits stand in the way")]);
  });

  test("leaves the tree where changes of the user stand in the way, and says so", async () => {
    at.elsewhere({ b: "theirs\n" });
    at.write(at.tree, { state: "{1}\n", b: "dirty\n" });
    const context = at.contextOf();
    expect((await runStep(git, { commands: [...commitState, "git push"] }, context)).kind).toBe("done");
    expect(at.user(at.remote, "log", "--format=%s", "main")).toBe("ours\ntheirs\nfirst");
    expect([at.read("b"), at.user(at.tree, "log", "--format=%s")]).toEqual(["dirty\n", "ours\nfirst"]);
    expect(context.warned).toHaveLength(1);
  });

  test("never moves the user's commits alone, and fails as git does where nothing has moved", async () => {
    at.elsewhere({ a: "theirs\n" });
    at.write(at.tree, { b: "by the user\n" });
    at.user(at.tree, "commit", "-q", "-am", "users");
    expect(await at.run(["git push"])).toMatchObject({
      kind: "failed",
      message: "origin/main has moved, and none of the commits here are this operation's",
    });
    expect(await at.run(["git push nowhere main"])).toMatchObject({
      kind: "failed",
      message: expect.stringMatching(/^exit code 128\n/),
    });
    expect(await at.run(["git push --mirror"])).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("refused"),
    });
  });

  test("gives up after five times", async () => {
    const hook = join(at.remote, "hooks/pre-receive");
    const advance = `tree=$(git rev-parse main^{tree}); new=$(git -c user.name=x -c user.email=x commit-tree "$tree" -p main -m racing)`;
    writeFileSync(
      hook,
      `#!/bin/sh\nunset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n${advance}\ngit update-ref refs/heads/main "$new"\nexit 1\n`,
    );
    chmodSync(hook, 0o755);
    elsewhere2();
    at.write(at.tree, { state: "{1}\n" });
    expect(await at.run([...commitState, "git push"])).toMatchObject({
      kind: "failed",
      message: "origin/main moved again before each of 5 pushes",
    });
  });
  /** Moves the remote without its hooks. */
  function elsewhere2(): void {
    const id = at.user(at.remote, "commit-tree", "main^{tree}", "-p", "main", "-m", "theirs");
    at.user(at.remote, "update-ref", "refs/heads/main", id);
  }
});

describe("git pull", () => {
  test("moves the tree forward and keeps the user's changes", async () => {
    at.elsewhere({ b: "theirs\n" });
    at.write(at.tree, { a: "dirty\n" });
    expect((await at.run(["git pull --rebase origin main"])).kind).toBe("done");
    expect([at.read("a"), at.read("b"), at.user(at.tree, "log", "--format=%s")]).toEqual([
      "dirty\n",
      "theirs\n",
      "theirs\nfirst",
    ]);
  });

  test("puts this operation's commits on top of what came, and never the user's", async () => {
    at.elsewhere({ b: "theirs\n" });
    at.write(at.tree, { state: "{1}\n" });
    expect((await at.run(["git add state", "git commit -q -m ours", "git pull"])).kind).toBe("done");
    expect(at.user(at.tree, "log", "--format=%s")).toBe("ours\ntheirs\nfirst");

    at.elsewhere({ b: "theirs again\n" });
    at.write(at.tree, { a: "users\n" });
    at.user(at.tree, "commit", "-q", "-am", "users");
    expect(await at.run(["git pull --rebase"])).toMatchObject({
      kind: "failed",
      message: "this branch and origin/main have both moved, and only a person may decide: git pull --rebase",
    });
    expect(at.user(at.tree, "log", "--format=%s")).toBe("users\nours\ntheirs\nfirst");
  });
});
