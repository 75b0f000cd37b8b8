/** A branch of the remote, and files in it, without touching any of the user's. */
import { join, relative, sep } from "node:path";
import { findGitFolder } from "../core/git-folder.ts";
import { problem } from "../core/problem.ts";
import { askRemote, tooLate } from "./ask-remote.ts";
import { fetchRefs } from "./fetch-refs.ts";
import { type GitPlace, git, gitText, readable } from "./git.ts";
import type { PrivateStore } from "./private-store.ts";
import { sharedRemote } from "./remote.ts";
import { remoteProblem, troubleOf } from "./remote-trouble.ts";
import { currentBranch } from "./tree.ts";

/** `ref`: full. `tip`: null for a branch that is not there yet. */
export type RemoteBranch = { ref: string; tip: string | null };

/**
 * `branch`: the setting; without it the remote's own default, and for an empty remote the one that is checked out here.
 * Throws `remote-unreachable`, `remote-refused`.
 */
export async function fetchBranch(store: PrivateStore, branch: string): Promise<RemoteBranch> {
  const ref = await branchRef(store, branch);
  const found = (await fetchRefs(store, [ref])).find((each) => each.ref === ref);
  return { ref, tip: found?.oid ?? null };
}

/** The branch's full name, whether it is there or not. Else as `fetchBranch`. */
export async function branchRef(store: PrivateStore, branch: string): Promise<string> {
  if (branch !== "") return `refs/heads/${branch}`;
  return (await defaultBranch(store)) ?? `refs/heads/${(await currentBranch(store.tree)) ?? "main"}`;
}

const defaults = new Map<string, string>();

/** Asked once: it hardly ever changes, and costs a connection. */
async function defaultBranch(store: PrivateStore): Promise<string | undefined> {
  const known = defaults.get(store.remote.url);
  if (known !== undefined) return known;
  const asked = await askRemote(store, ["ls-remote", "--symref", sharedRemote, "HEAD"]);
  if (asked === "late") throw problem(remoteProblem(store.remote, tooLate(store)));
  if (asked.exitCode !== 0) {
    throw problem(remoteProblem(store.remote, troubleOf(readable(asked.stderr), asked.exitCode)));
  }
  const ref = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(asked.stdout)?.[1];
  if (ref !== undefined) defaults.set(store.remote.url, ref);
  return ref;
}

/**
 * A file's text on the branch; where a branch of its own has none yet, as the remote's default branch has it. Undefined:
 * nowhere. Else as `textIn`, `fetchBranch`.
 */
export async function sharedText(
  store: PrivateStore,
  { branch, tip }: { branch: string; tip: string | null },
  path: string,
): Promise<string | undefined> {
  const text = await textIn(store, tip, path);
  if (text !== undefined || branch === "") return text;
  return textIn(store, (await fetchBranch(store, "")).tip, path);
}

/** A file of the root as the repository names it. */
export function pathInRepository(root: string, file: string): string {
  const top = findGitFolder(root)?.top ?? root;
  return relative(top, join(root, file)).split(sep).join("/");
}

/**
 * The file's text in a commit; undefined where it has none. Throws `path-refused` for a folder, `input-output` where its
 * object is missing: whoever took that for no file would write a new one over it.
 */
export async function textIn(place: GitPlace, commit: string | null, path: string): Promise<string | undefined> {
  if (commit === null) return undefined;
  const { exitCode, stdout, stderr } = await git(place, ["cat-file", "blob", `${commit}:${path}`]);
  if (exitCode === 0) return readable(stdout);
  // HEAD of a repository that has no commit yet.
  if ((await git(place, ["rev-parse", "--verify", "--quiet", commit])).exitCode !== 0) return undefined;
  const entry = await gitText(place, ["ls-tree", "--full-tree", "-z", commit, "--", path]);
  if (entry === "") return undefined;
  if (/^\d+ blob /.test(entry)) throw problem({ kind: "input-output", what: path, why: readable(stderr).trim() });
  throw problem({ kind: "path-refused", path, why: "it is not a regular file" });
}
