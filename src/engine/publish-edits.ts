/** What a person has changed in state files by hand, merged into the branch's newest and pushed. */
import { join } from "node:path";
import { readRegular } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import { commitOnBranch } from "../git/commit-on-branch.ts";
import { git } from "../git/git.ts";
import { inLockedTree } from "../git/lock-tree.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { pathInRepository, textIn } from "../git/remote-branch.ts";
import type { Tree } from "../git/tree.ts";
import { withLineEndsOf } from "../state/line-ends.ts";
import { mergeJson } from "../state/merge.ts";
import { onTopOf, unpublished } from "../state/on-top.ts";
import { listStateFiles } from "../state/read-state-file.ts";
import { isOfFile, readStateText } from "../state/read-text.ts";
import { stateBase } from "../state/state-base.ts";
import { findStateFile } from "../state/state-folder.ts";
import type { StateLog } from "../state/state-log.ts";
import { beginBranch } from "./begin-branch.ts";

export type Edits = {
  store: PrivateStore;
  tree: Tree;
  log: StateLog;
  root: string;
  branch: string;
  author: string;
  now(): number;
};

/** `files`: those that were pushed. `tip` has them. */
export type Synced = { ref: string; tip: string; files: string[] };

/**
 * Null for a remote that is empty, and nothing to push. Throws `state-conflict` where a place was changed there as well,
 * `data-damaged`, `remote-unreachable`, `remote-refused`.
 */
export async function publishEdits(edits: Edits): Promise<Synced | null> {
  const { store, root, branch, author, now, log } = edits;
  // What is on its way into the tree is no edit.
  const edited = await inLockedTree(edits.tree, () => editedFiles(edits));
  let pushed: string[] = [];
  const { ref, tip } = await commitOnBranch(store, {
    ...{ branch, author, now },
    ...(branch !== "" && { begin: (ref) => beginBranch({ store, root, author, now }, ref) }),
    message: `state: ${[...edited.keys()].map((file) => file.split("/").at(-1)).join(", ")} [skip ci]`,
    async change(newest, ref) {
      const files = await mergedFiles(edits, edited, newest, ref);
      pushed = [...edited.keys()].filter((file) => files.has(pathInRepository(root, file)));
      return files;
    },
  });
  if (tip === null) return null;
  // What is in the tree is there now, too, or was before: it is not in the way of what comes.
  for (const [file, { inTree }] of edited) {
    await log.willWrite(file, inTree);
    await log.wrote(file);
  }
  return { ref, tip, files: pushed };
}

/**
 * `inTree`: as it stands there; `text`: with the line ends of the history. `base`: with what operations have not published
 * yet, which is no edit.
 */
type Edited = Map<string, { inTree: string; text: string; base: string | undefined }>;

/** State files with what a person has made of them. */
async function editedFiles({ root, tree, log, branch }: Edits): Promise<Edited> {
  const edited: Edited = new Map();
  // Of a branch of their own they are copies.
  if ((await stateBase(root, tree, branch)).isApart) return edited;
  for (const name of listStateFiles(root)) {
    const file = join("infra", "state", name);
    const path = pathInRepository(root, file);
    try {
      const { real, shown } = findStateFile(root, file);
      const inTree = readRegular(real, shown)?.text;
      if (inTree === undefined || log.isOurs(file, inTree)) continue;
      const committed = await textIn(tree, "HEAD", path);
      const text = withLineEndsOf(committed, inTree);
      const base = onTopOf(committed, unpublished(log.onTop(file)), { file });
      if (text === base) continue;
      // Where nobody else has changed it, nothing else would look at it.
      readStateText(text, shown);
      edited.set(file, { inTree, text, base });
    } catch (thrown) {
      // What others have made of it is no edit of this person's.
      if (!isOfFile(thrown) || !(await isUnchanged(tree, path))) throw thrown;
    }
  }
  return edited;
}

const isUnchanged = async (tree: Tree, path: string) =>
  (await git(tree, ["diff", "--quiet", "HEAD", "--", `:(top,literal)${path}`])).exitCode === 0;

async function mergedFiles(
  { store, root }: Edits,
  edited: Edited,
  tip: string | null,
  ref: string,
): Promise<Map<string, string>> {
  const against = `${store.remote.name}/${ref.replace("refs/heads/", "")}`;
  const files = new Map<string, string>();
  for (const [file, { text: ours, base }] of edited) {
    const path = pathInRepository(root, file);
    const theirs = await textIn(store, tip, path);
    const { text, conflicts } = mergeJson({ base, ours, theirs }, file);
    if (conflicts.length > 0)
      throw problem({ kind: "state-conflict", file, paths: conflicts.map((each) => each.path), against });
    if (text !== undefined && text !== theirs) files.set(path, text);
  }
  return files;
}
