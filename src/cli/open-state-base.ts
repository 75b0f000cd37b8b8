import type { Places } from "../core/config.ts";
import { findGitFolder } from "../core/git-folder.ts";
import { problem } from "../core/problem.ts";
import { loadSettings } from "../core/settings.ts";
import { openTree } from "../git/tree.ts";
import { type StateBase, stateBase } from "../state/state-base.ts";
import type { Terminal } from "./terminal.ts";

/** Where state files are committed; `ofTree`: in the work tree's own repository, whatever is set. Throws `configuration` outside of git. */
export async function openStateBase(places: Places, { env }: Terminal, ofTree = false): Promise<StateBase> {
  const { root } = places;
  const tree = findGitFolder(root) ? await openTree({ directory: root, env }) : undefined;
  if (!tree) throw outsideOfGit(root);
  return stateBase(root, tree, ofTree ? "" : loadSettings(places, env)["state.branch"].value);
}

const outsideOfGit = (root: string) =>
  problem({
    kind: "configuration",
    where: root,
    message: "it is in no git repository, which would have the past of its state",
    hint: "To begin: git init",
  });
