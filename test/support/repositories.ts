/** Two clones of one remote, and git steps run in the first of them. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { git } from "../../src/steps/git.ts";
import { runStep, type Surroundings, stepContext } from "./step-context.ts";
import { wrappedSpawn } from "./wrapped-spawn.ts";

export type Repositories = ReturnType<typeof repositories>;

/** `tree` is the user's, `other` somebody else's clone, `remote` the bare repository that both push to. */
export function repositories(parent: string) {
  const home = mkdtempSync(join(parent, "test-"));
  const [tree, other, remote] = [join(home, "tree"), join(home, "other"), join(home, "remote.git")];

  /** What a person at a terminal does. */
  function user(directory: string, ...args: string[]): string {
    const env = { ...process.env, ...person, HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
    const { stdout, stderr, exitCode } = Bun.spawnSync(["git", ...args], { cwd: directory, env });
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.toString().trim();
  }
  function write(directory: string, files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  }
  function contextOf(given: Surroundings = {}) {
    const env = { PATH: process.env.PATH ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
    return stepContext({ root: tree, env, spawn: wrappedSpawn(join(home, "runs"), env), ...given });
  }

  user(home, "init", "-q", "--bare", "-b", "main", remote);
  user(home, "clone", "-q", remote, tree);
  user(tree, "checkout", "-q", "-b", "main");
  write(tree, { a: "1\n2\n3\n4\n5\n", b: "b\n", state: "{}\n" });
  user(tree, "add", ".");
  user(tree, "commit", "-q", "-m", "first");
  user(tree, "push", "-q", "-u", "origin", "main");
  user(home, "clone", "-q", remote, other);

  return {
    home,
    tree,
    other,
    remote,
    user,
    write,
    contextOf,
    read: (name: string) => readFileSync(join(tree, name), "utf8"),
    run: (commands: string[], given?: Surroundings) => runStep(git, { commands }, contextOf(given)),
    /** A commit by somebody else, already at the remote. */
    elsewhere(files: Record<string, string>): void {
      write(other, files);
      user(other, "add", ".");
      user(other, "commit", "-q", "-m", "theirs");
      user(other, "push", "-q");
    },
  };
}

export const person = {
  GIT_AUTHOR_NAME: "P",
  GIT_AUTHOR_EMAIL: "p@example.org",
  GIT_COMMITTER_NAME: "P",
  GIT_COMMITTER_EMAIL: "p@example.org",
};
