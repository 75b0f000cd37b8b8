/**
 * Where state files are shared: in the history of the work tree, or on a branch of their own (`state.branch`), of which
 * the private store has the newest that was seen.
 */
import { join, relative } from "node:path";
import { findGitFolder } from "../core/git-folder.ts";
import { type GitPlace, git, readable } from "../git/git.ts";
import { privatePlace } from "../git/private-store.ts";
import { pathInRepository, textIn } from "../git/remote-branch.ts";
import { commitOf, currentBranch, isAncestor, type Tree } from "../git/tree.ts";

export type StateBase = {
  /** The work tree is not on the branch that has them. */
  isApart: boolean;
  /** The repository and the commit that have them; `path` names a file there. */
  place: GitPlace;
  revision: string;
  path(file: string): string;
  /** Of a file, by its path in the root; undefined: there is none. `ofTree`: in the history of the work tree. */
  text(file: string): Promise<string | undefined>;
  ofTree(file: string): Promise<string | undefined>;
  hasCommit(commit: string): Promise<boolean>;
  /** Those of a branch of their own. */
  files(): Promise<string[]>;
};

/** In the private store: the newest of a branch of their own. */
export const ownBranchRef = "refs/garza/state";

/** `branch`: the setting; empty where they are in the branch that everything is in. */
export async function stateBase(root: string, tree: Tree, branch: string): Promise<StateBase> {
  const path = (file: string) => pathInRepository(root, file);
  const ofTree = (file: string) => textIn(tree, "HEAD", path(file));
  const store = branch === "" || branch === (await currentBranch(tree)) ? undefined : privatePlace(tree);
  if (!store || (await commitOf(store, ownBranchRef)) === undefined) {
    const place = { ...tree, directory: findGitFolder(root)?.top ?? root };
    const hasCommit = (commit: string) => isAncestor(tree, commit, "HEAD");
    return { isApart: false, place, revision: "HEAD", path, text: ofTree, ofTree, hasCommit, files: async () => [] };
  }
  return {
    isApart: true,
    place: store,
    revision: ownBranchRef,
    path,
    ofTree,
    text: (file) => textIn(store, ownBranchRef, path(file)),
    hasCommit: (commit) => isAncestor(store, commit, ownBranchRef),
    files: () => stateFilesIn(root, store, ownBranchRef),
  };
}

/** By their paths in the root. Empty where there is no such revision. */
export async function stateFilesIn(root: string, place: GitPlace, revision: string): Promise<string[]> {
  const folder = `${pathInRepository(root, join("infra", "state"))}/`;
  const args = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", revision, "--", folder];
  const { exitCode, stdout } = await git(place, args);
  if (exitCode !== 0) return [];
  const names = stdout.split("\0").map((name) => relative(folder, readable(name)));
  return names.filter((name) => name.endsWith(".json") && !name.startsWith("locks/")).map((name) => join("infra", "state", name)); // biome-ignore format: one expression
}
