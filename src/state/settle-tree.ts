/**
 * The work tree after a publication, and around what moves it: state files that nobody but us has changed get the
 * history's bytes back, the tree goes forward, and what is not in its history yet is written on top again.
 */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { excludeFromGit } from "../core/exclude.ts";
import { makeFolder, readRegular } from "../core/files.ts";
import { lockFile } from "../core/flock.ts";
import { replaceInTree } from "../core/tree-file.ts";
import { fetchRefs } from "../git/fetch-refs.ts";
import { git } from "../git/git.ts";
import { forgetIfBroken, type PrivateStore } from "../git/private-store.ts";
import { moveTree } from "../git/rebase.ts";
import { branchRef, pathInRepository, type RemoteBranch, textIn } from "../git/remote-branch.ts";
import { updateRefs } from "../git/store-refs.ts";
import { commitOf, currentBranch, isAncestor, type Tree, unfinished } from "../git/tree.ts";
import { isOfFile } from "./read-text.ts";
import { reapply } from "./reapply.ts";
import { ownBranchRef, type StateBase, stateBase } from "./state-base.ts";
import { findStateFile, stateLockFile } from "./state-folder.ts";
import type { LoggedChange, StateLog } from "./state-log.ts";

export type StateTree = {
  root: string;
  tree: Tree;
  log: StateLog;
  logLimit?: number;
  /** The setting. */
  branch: string;
  /** A file that somebody has made unfit is left as it is, and the others are not. */
  tell(message: string): Promise<void>;
};

type Published = RemoteBranch & { tip: string };

/**
 * Moves the tree to the published commit, where its branch is that one and stands behind it. Undefined: done; else why
 * not. Under the tree's lock (`lockTree`).
 */
export async function followPublished(
  at: StateTree,
  store: PrivateStore,
  published: Published,
): Promise<string | undefined> {
  const why = await follow(at, store, published);
  // What we have written there would be in the way of whatever the person brings the tree on with.
  if (why !== undefined) await withHistory(at, async () => {});
  return why;
}

async function follow(at: StateTree, store: PrivateStore, { ref, tip }: Published): Promise<string | undefined> {
  const { tree } = at;
  const branch = ref.replace("refs/heads/", "");
  // In a rebase the tree is on no branch.
  const begun = unfinished(tree);
  if (begun) return `a ${begun} is under way`;
  if ((await currentBranch(tree)) !== branch) {
    if (at.branch !== "" && ref !== (await branchRef(store, ""))) return show(at, store, tip);
    return `the work tree is not on ${branch}, where the state files are`;
  }
  excludeState(at.root, false);
  if (!(await bring(tree, store, tip))) {
    if (await forgetIfBroken(store)) await fetchRefs(store, [ref]);
    if (!(await bring(tree, store, tip))) return `what ${store.remote.name} has can't be copied here: git pull`;
  }
  await noteRemote(tree, store, branch, tip);
  const head = await commitOf(tree, "HEAD");
  if (head === undefined || head === tip || (await isAncestor(tree, tip, head))) {
    await withHistory(at, async () => {});
    return undefined;
  }
  if (!(await isAncestor(tree, head, tip)))
    return `this branch has commits that ${store.remote.name} does not have: git pull --rebase`;
  const moved = await withHistory(at, () => moveTree(tree, head, tip));
  return moved ? undefined : "changes in the work tree stand in the way: git pull";
}

/** Of a branch of their own: the tree has copies, of which git is to know nothing. */
async function show(at: StateTree, store: PrivateStore, tip: string): Promise<undefined> {
  await updateRefs(store, [`update ${ownBranchRef} ${tip}`]);
  excludeState(at.root, true);
  await withHistory(at, async () => {});
}

/** False: the tree's own branch has them (again). */
const excludeState = (root: string, isApart: boolean) => excludeFromGit(root, "infra/state/**/*.json", isApart);

async function bring(tree: Tree, store: PrivateStore, tip: string): Promise<boolean> {
  await updateRefs(store, [`update refs/garza/published ${tip}`]);
  const flags = ["-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"];
  return (await git(tree, ["fetch", ...flags, store.gitDir, "refs/garza/published"])).exitCode === 0;
}

/** So that `git status` does not call them ahead of what they have. Only ever forward. */
async function noteRemote(tree: Tree, { remote }: PrivateStore, branch: string, tip: string): Promise<void> {
  const ref = `refs/remotes/${remote.name}/${branch}`;
  const known = await commitOf(tree, ref);
  if (known === undefined || known === tip || !(await isAncestor(tree, known, tip))) return;
  await git(tree, ["update-ref", "-m", "garza: published", ref, tip, known]);
}

/**
 * `work` sees state files as the history has them, but for those that a person has changed. On top of them comes what is
 * not published yet; the rest comes with the history, and until then whoever reads them here is shown it all the same.
 */
export async function withHistory<T>(at: StateTree, work: () => Promise<T>): Promise<T> {
  const { root, tree, log, branch, tell } = at;
  const held = await lockFile(stateLockFile(root));
  try {
    const clean = new Set<string>();
    for (const file of log.written()) if (await isFit(giveBack(at, file))) clean.add(file);
    try {
      return await work();
    } finally {
      const base = await stateBase(root, tree, branch);
      await forgetKnown(base, log);
      const rows = log.onTop().flatMap((each) => shownOf(each, base));
      for (const file of new Set([...(await base.files()), ...rows.map((each) => each.file)])) {
        const unfit = (why: string) => tell(`${file} does not show what was changed last: ${why}`);
        await isFit(writeOnTop(at, base, file, rows, clean.has(file)), unfit);
      }
    }
  } finally {
    held.release();
  }
}

/** False as well for what can't be read, or written to, as it stands there. */
async function isFit(handled: Promise<boolean>, unfit?: (why: string) => Promise<void>): Promise<boolean> {
  try {
    return await handled;
  } catch (thrown) {
    if (!isOfFile(thrown)) throw thrown;
    await unfit?.(thrown.message);
    return false;
  }
}

/** False for one that a person has changed. */
async function giveBack({ root, tree, log }: StateTree, file: string): Promise<boolean> {
  const place = findStateFile(root, file);
  const found = readRegular(place.real, place.shown);
  const text = await textIn(tree, "HEAD", pathInRepository(root, file));
  if (found?.text === text) return true;
  if (found && !log.isOurs(file, found.text)) return false;
  if (text === undefined) rmSync(place.real, { force: true });
  // One that a person has deleted is theirs, too.
  else if (found) replaceInTree(root, place.real, text, found.mode);
  return found !== undefined;
}

/** What the history has is no longer put on top of it: somebody else may have gone on from there. */
async function forgetKnown(base: StateBase, log: StateLog): Promise<void> {
  const published = log.onTop().filter(({ publishedIn }) => publishedIn !== null);
  const known = new Map<string, boolean>();
  for (const { publishedIn } of published) {
    if (publishedIn !== null && !known.has(publishedIn)) known.set(publishedIn, await base.hasCommit(publishedIn));
  }
  const there = published.filter(({ publishedIn }) => known.get(publishedIn ?? "") === true);
  if (there.length > 0) await log.forget(there.map(({ sequence }) => sequence));
}

/**
 * What is to be seen of it in the tree: nothing where it is published and comes with the history; until then readers see
 * it on top of the file.
 */
function shownOf(change: LoggedChange, { isApart }: StateBase): LoggedChange[] {
  if (change.publishedIn !== null) return isApart ? [change] : [];
  const changes = change.changes.filter((each) => !("quiet" in each));
  return changes.length > 0 ? [{ ...change, changes }] : [];
}

async function writeOnTop(
  { root, log, logLimit = 1000 }: StateTree,
  base: StateBase,
  file: string,
  rows: readonly LoggedChange[],
  isClean: boolean,
): Promise<boolean> {
  const place = findStateFile(root, file);
  const found = readRegular(place.real, place.shown);
  const changes = rows.filter((each) => each.file === file).flatMap((each) => each.changes);
  const isOurs = isClean || (base.isApart && (await isUntouched(base, file, found?.text, log)));
  if (changes.length === 0 && !isOurs) return true;
  const below = base.isApart && isOurs ? await base.text(file) : found?.text;
  const text = changes.length === 0 ? below : reapply(below, changes, { file, logLimit }).text;
  if (text === undefined || text === found?.text) return true;
  if (isOurs) await log.willWrite(file, text);
  makeFolder(dirname(place.real));
  replaceInTree(root, place.real, text, found?.mode ?? 0o644);
  return true;
}

/** A copy that was never made, or that shows what git has. */
const isUntouched = async (base: StateBase, file: string, text: string | undefined, log: StateLog) =>
  text === undefined ? !log.written().includes(file) : text === (await base.ofTree(file));
