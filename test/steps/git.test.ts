import { beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockFile, tryLockFile } from "../../src/core/flock.ts";
import { git } from "../../src/steps/git.ts";
import { type Repositories, repositories } from "../support/repositories.ts";
import { runStep } from "../support/step-context.ts";
import { sandbox } from "../support/temporary.ts";

const all = sandbox();
let at: Repositories;
beforeEach(() => {
  at = repositories(all);
});

describe("a git step", () => {
  test("has the standard output as its value, and fails with the exit code and the last lines", async () => {
    expect(await at.run(["git rev-parse HEAD"])).toMatchObject({
      kind: "done",
      value: at.user(at.tree, "rev-parse", "HEAD"),
    });
    expect(await at.run(["git rev-parse --verify nothing"])).toMatchObject({
      kind: "failed",
      message: "exit code 128\nfatal: Needed a single revision",
    });
  });

  test("runs no shell, and nothing but git", async () => {
    for (const text of ["ls", "git", "git -C / status", "git --git-dir=/x status"]) {
      await expect(at.run([text])).rejects.toThrow("E_GIT");
    }
    await expect(at.run(["git status && touch x"])).rejects.toThrow("outside quotes");
    expect(await at.run(["git log -1 '--format=format:$(id) `id` $HOME'"])).toMatchObject({
      value: "$(id) `id` $HOME",
    });
    expect(git.faults?.({ command: "flyctl deploy" })).toHaveLength(1);
    expect(git.faults?.({ commands: ["git add .", "${x}"] })).toEqual([]);
  });

  test("takes no options and no commands from values", async () => {
    const touched = join(at.home, "touched");
    const names = { dash: `--upload-pack=touch ${touched}`, url: `ext::sh -c touch% ${touched}` };
    await expect(at.run(["git fetch ${dash}"], { names })).rejects.toThrow("E_LEADING_DASH");
    expect((await at.run(["git fetch ${url}", "git status"], { names })).kind).toBe("failed");
    expect(existsSync(touched)).toBe(false);
  });

  test("runs no file monitor of the user's, and asks nobody", async () => {
    const touched = join(at.home, "touched");
    const monitor = join(at.home, "monitor");
    writeFileSync(monitor, `#!/bin/sh\ntouch ${touched}\n`);
    chmodSync(monitor, 0o755);
    at.user(at.tree, "config", "core.fsmonitor", monitor);
    expect((await at.run(["git status"])).kind).toBe("done");
    expect(existsSync(touched)).toBe(false);
  });

  test.each(["reset --hard", "checkout -- a", "stash", "clean -fd", "rebase origin/main", "restore a"])(
    "refuses git %s in the repository's own tree",
    async (text) => {
      at.write(at.tree, { a: "dirty\n" });
      expect(await at.run([`git ${text}`])).toMatchObject({
        kind: "failed",
        message: expect.stringContaining("fast-forward"),
      });
      expect(at.read("a")).toBe("dirty\n");
    },
  );

  test("may do so in another clone", async () => {
    at.write(at.other, { a: "dirty\n" });
    expect((await runStep(git, { command: "git reset -q --hard", directory: at.other }, at.contextOf())).kind).toBe(
      "done",
    );
    expect(readFileSync(join(at.other, "a"), "utf8")).toBe("1\n2\n3\n4\n5\n");
  });

  test("sees what it has added itself", async () => {
    at.write(at.tree, { a: "x\n" });
    expect(await at.run(["git add a", "git diff --cached --name-only"])).toMatchObject({ value: "a" });
    expect(at.user(at.tree, "diff", "--cached", "--name-only")).toBe("");
  });

  test("waits for the repository's lock, and its process holds it too", async () => {
    const file = join(at.tree, ".git/garza/tree.lock");
    const lock = await lockFile(file);
    const hook = join(at.tree, ".git/hooks/pre-commit");
    writeFileSync(hook, "#!/bin/sh\nflock -n .git/garza/tree.lock true && echo free || echo held\n");
    chmodSync(hook, 0o755);
    at.write(at.tree, { a: "x\n" });
    const waiting = at.run(["git add a", "git commit -q -m x"]);
    expect(at.user(at.tree, "log", "--format=%s")).toBe("first");
    lock.release();
    expect(await waiting).toMatchObject({ kind: "done", record: { stderr: "held\n" } });
    const free = tryLockFile(file);
    expect(free).toBeDefined();
    free?.release();
  });

  test("one at a time: six operations that commit side by side all get their own files in", async () => {
    const names = ["u", "v", "w", "x", "y", "z"];
    const outcomes = await Promise.all(
      names.map((name) => {
        appendFileSync(join(at.tree, name), name);
        const operation = { id: `op_${name}`, name, type: "deploy" as const };
        return at.run([`git add ${name}`, `git commit -q -m ${name}`], { operation });
      }),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(names.map(() => "done"));
    const log = at
      .user(at.tree, "log", "--format=%s", "--name-only", "-6")
      .split("\n\n")
      .join(" ")
      .split("\n")
      .join(" ");
    expect(log.split(" ").filter(Boolean).sort()).toEqual([...names, ...names].sort());
    expect(at.user(at.tree, "status", "--porcelain")).toBe("");
  });
});
