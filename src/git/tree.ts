/** A work tree and the repository behind it. */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { type GitOptions, type GitPlace, git, gitText } from "./git.ts";

export type Tree = GitPlace & {
  /** Of this work tree: index, HEAD. */
  gitDir: string;
  /** Of all its work trees: objects, branches. */
  common: string;
};

/** Undefined outside of any repository (`git clone`, `git init`). */
export async function openTree(place: GitPlace): Promise<Tree | undefined> {
  const found = await git(place, ["rev-parse", "--git-dir", "--git-common-dir"]);
  const [gitDir, common] = found.stdout.split("\n");
  if (found.exitCode !== 0 || !gitDir || !common) return undefined;
  return { ...place, gitDir: resolve(place.directory, gitDir), common: resolve(place.directory, common) };
}

/** The commit that a name stands for; undefined when there is none. */
export async function commitOf(tree: GitPlace, name: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git(tree, ["rev-parse", "--verify", "--quiet", `${name}^{commit}`]);
  return exitCode === 0 ? stdout.trim() : undefined;
}

/** HEAD, or the empty tree where nothing was committed yet: what an index can be compared with. */
export async function baseOf(tree: Tree): Promise<string> {
  return (await commitOf(tree, "HEAD")) ?? (await gitText(tree, ["hash-object", "-t", "tree", "/dev/null"]));
}

/** Undefined when HEAD is detached. */
export async function currentBranch(tree: Tree): Promise<string | undefined> {
  const { exitCode, stdout } = await git(tree, ["symbolic-ref", "--quiet", "--short", "HEAD"]);
  return exitCode === 0 ? stdout.trim() : undefined;
}

export async function configured(tree: Tree, key: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git(tree, ["config", "--get", key]);
  return exitCode === 0 ? stdout.trim() : undefined;
}

export async function isAncestor(place: GitPlace, older: string, newer: string): Promise<boolean> {
  return (await git(place, ["merge-base", "--is-ancestor", older, newer])).exitCode === 0;
}

/** What the user has begun and not ended (a merge, a rebase, …): no commit of ours may end it. */
export function unfinished({ gitDir }: Tree): string | undefined {
  const signs = { MERGE_HEAD: "merge", CHERRY_PICK_HEAD: "cherry-pick", REVERT_HEAD: "revert" };
  const rebases = { "rebase-merge": "rebase", "rebase-apply": "rebase" };
  const [, what] = Object.entries({ ...signs, ...rebases }).find(([file]) => existsSync(join(gitDir, file))) ?? [];
  return what;
}

/** Variables that name an author where the user's configuration names none. */
export async function identityVariables(tree: Tree, hostName: string): Promise<Record<string, string>> {
  const { exitCode } = await git(tree, ["var", "GIT_AUTHOR_IDENT"]);
  if (exitCode === 0) return {};
  const [name, email] = ["garza", `garza@${hostName}`];
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

/** `Name <address>`, as git would sign a commit here; a name of ours where it can't. */
export async function authorOf(tree: Tree | undefined): Promise<string> {
  const found = tree && (await git(tree, ["var", "GIT_AUTHOR_IDENT"]));
  const [, person] = found?.exitCode === 0 ? (/^(.*>) /.exec(found.stdout) ?? []) : [];
  return person ?? `garza <garza@${hostname()}>`;
}

/** An entry of an index, or with mode 0 its absence. */
export type Entry = { mode: string; oid: string; path: string };

/** What differs, from `diff-index` or `diff-tree` with `--raw -z`. */
export function readEntries(raw: string): Entry[] {
  const fields = raw.split("\0");
  const entries: Entry[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode = "", , oid = ""] = fields[at]?.split(" ") ?? [];
    entries.push({ mode: mode === "000000" ? "0" : mode, oid, path: fields[at + 1] ?? "" });
  }
  return entries;
}

export async function putEntries(tree: GitPlace, entries: readonly Entry[], options: GitOptions = {}): Promise<void> {
  if (entries.length === 0) return;
  const input = entries.map(({ mode, oid, path }) => `${mode} ${oid}\t${path}\0`).join("");
  await gitText(tree, ["update-index", "-z", "--index-info"], { ...options, input });
}
