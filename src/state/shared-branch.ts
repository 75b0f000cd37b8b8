/** The branch of the remote that has the state files, and commits on it: made in the private store, from its newest. */

import { rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { findGitFolder } from "../core/git-folder.ts";
import { randomHex } from "../core/ids.ts";
import { problem } from "../core/problem.ts";
import { askRemote, tooLate } from "../git/ask-remote.ts";
import { fetchRefs } from "../git/fetch-refs.ts";
import { type GitPlace, git, gitText, readable } from "../git/git.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { sharedRemote } from "../git/remote.ts";
import { remoteProblem, troubleOf } from "../git/remote-trouble.ts";
import { type Entry, putEntries } from "../git/tree.ts";

/** `ref`: full. `tip`: null for a branch that is not there yet. */
export type SharedBranch = { ref: string; tip: string | null };

/**
 * `branch`: the setting; without it the remote's own default, else `fallback`, for an empty one. Throws
 * `remote-unreachable`, `remote-refused`.
 */
export async function fetchBranch(store: PrivateStore, branch: string, fallback: string): Promise<SharedBranch> {
  const ref = branch === "" ? ((await defaultBranch(store)) ?? `refs/heads/${fallback}`) : `refs/heads/${branch}`;
  const found = (await fetchRefs(store, [ref])).find((each) => each.ref === ref);
  return { ref, tip: found?.oid ?? null };
}

const defaults = new Map<string, string>();

/** Asked once: it hardly ever changes, and costs a connection. */
async function defaultBranch(store: PrivateStore): Promise<string | undefined> {
  const known = defaults.get(store.remote.url);
  if (known !== undefined) return known;
  const asked = await askRemote(store, ["ls-remote", "--symref", sharedRemote, "HEAD"]);
  if (asked === "late") throw problem(remoteProblem(store.remote, tooLate));
  if (asked.exitCode !== 0) {
    throw problem(remoteProblem(store.remote, troubleOf(readable(asked.stderr), asked.exitCode)));
  }
  const ref = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(asked.stdout)?.[1];
  if (ref !== undefined) defaults.set(store.remote.url, ref);
  return ref;
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

export type StateCommit = {
  parent: string | null;
  /** Path in the repository to text. */
  files: ReadonlyMap<string, string>;
  message: string;
  /** `Name <address>`. */
  author: string;
  /** Milliseconds since 1970. */
  now: number;
};

/** Makes the commit, in the store; returns its id. */
export async function commitFiles(store: PrivateStore, commit: StateCommit): Promise<string> {
  const { parent, files, message, author, now } = commit;
  const index = join(store.gitDir, `index-${randomHex(6)}`);
  try {
    await gitText(store, ["read-tree", parent ?? "--empty"], { index });
    const entries: Entry[] = [];
    for (const [path, text] of files) {
      const oid = await gitText(store, ["hash-object", "-w", "--stdin"], { input: bytes(text) });
      entries.push({ mode: "100644", oid, path: bytes(path) });
    }
    await putEntries(store, entries, { index });
    const tree = await gitText(store, ["write-tree"], { index });
    const person = `${author} ${Math.floor(now / 1000)} +0000`;
    const head = [
      `tree ${tree}`,
      ...(parent === null ? [] : [`parent ${parent}`]),
      `author ${person}`,
      `committer ${person}`,
    ];
    const input = bytes(`${head.join("\n")}\n\n${message}\n`);
    return await gitText(store, ["hash-object", "-w", "-t", "commit", "--stdin"], { input });
  } finally {
    rmSync(index, { force: true });
  }
}

/** As git calls take it: see `GitResult`. */
const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");
