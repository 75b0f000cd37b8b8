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
import { moveTree } from "../git/move-tree.ts";
import { forgetIfBroken, type PrivateStore } from "../git/private-store.ts";
import { branchRef, fetchBranch, pathInRepository, type RemoteBranch, textIn } from "../git/remote-branch.ts";
import { updateRefs } from "../git/store-refs.ts";
import { commitOf, currentBranch, isAncestor, type Tree, unfinished } from "../git/tree.ts";
import { refreshCopies } from "./copies.ts";
import { withLineEndsOf } from "./line-ends.ts";
import { unpublished } from "./on-top.ts";
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
  const current = await currentBranch(tree);
  const begun = unfinished(tree);
  if (await isApart(at, store, ref, current)) return show(at, store, tip);
  if (begun) return `a ${begun} is under way`;
  if (current !== branch) return `the work tree is not on ${branch}, where the state files are`;
  if (excludeState(at.root, false))
    await at.tell("git sees the state files here again; what is on the branch that they had to themselves stays there");
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
  const why = await withHistory(at, () => moveTree(tree, head, tip));
  return why && `${why}: git pull`;
}

/** In a rebase the tree is on no branch: then it is as it was before. */
async function isApart({ branch }: StateTree, store: PrivateStore, ref: string, current: string | undefined) {
  if (branch === "" || current === branch || ref === (await branchRef(store, ""))) return false;
  return current !== undefined || (await commitOf(store, ownBranchRef)) !== undefined;
}

/** Of a branch of their own: the tree has copies, of which git is to know nothing. */
async function show(at: StateTree, store: PrivateStore, tip: string): Promise<undefined> {
  const newest = await noteTip(at, store, tip);
  if (excludeState(at.root, true))
    await at.tell(`state files are shared on ${at.branch} from now on: those here are copies`);
  await forgetStrays(at.log, store, newest);
  await withHistory(at, async () => {});
}

/** The branch's newest. Set back, or made anew by who had seen less of it, it lacks what others have published. */
async function noteTip({ branch, tell }: StateTree, store: PrivateStore, tip: string): Promise<string> {
  const before = await commitOf(store, ownBranchRef);
  const isBehind = async (other: string) => before !== undefined && !(await isAncestor(store, before, other));
  // One that was asked for earlier may come later.
  const newest = (await isBehind(tip)) ? ((await fetchBranch(store, branch)).tip ?? tip) : tip;
  const lines = [`update ${ownBranchRef} ${newest}`];
  if (await isBehind(newest)) {
    lines.push(`update ${ownBranchRef}-before ${before}`);
    const look = `git --git-dir ${store.gitDir} show ${before?.slice(0, 12)}`;
    await tell(`the branch of state files was set back, or made anew, at the remote. As it was before: ${look}`);
  }
  await updateRefs(store, lines);
  return newest;
}

/** False: the tree's own branch has them (again). */
const excludeState = (root: string, isExcluded: boolean) => excludeFromGit(root, "infra/state/**/*.json", isExcluded);

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
 * not published yet; the rest comes with the history, and until then whoever reads them here is shown it all the same. Of
 * a branch of their own they are copies, which stay in their places.
 */
export async function withHistory<T>(at: StateTree, work: () => Promise<T>): Promise<T> {
  const { root, tree, log, branch } = at;
  const held = await lockFile(stateLockFile(root));
  try {
    const before = await stateBase(root, tree, branch);
    const clean = new Set<string>();
    for (const file of before.isApart ? [] : log.written()) if (await isFit(giveBack(at, file))) clean.add(file);
    try {
      return await work();
    } finally {
      const base = await stateBase(root, tree, branch);
      await forgetKnown(base, log);
      if (base.isApart) await refreshCopies(at, base);
      else await putOnTop(at, clean);
    }
  } finally {
    held.release();
  }
}

async function putOnTop(at: StateTree, clean: ReadonlySet<string>): Promise<void> {
  const rows = unpublished(at.log.onTop());
  for (const file of new Set(rows.map((each) => each.file))) {
    const unfit = (why: string) => at.tell(`${file} does not show what was changed last: ${why}`);
    await isFit(writeOnTop(at, file, rows, clean.has(file)), unfit);
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
  const committed = await textIn(tree, "HEAD", pathInRepository(root, file));
  const text = committed === undefined ? undefined : withLineEndsOf(found?.text, committed);
  if (found?.text === text) return true;
  if (found && !log.isOurs(file, found.text)) return false;
  if (text === undefined) rmSync(place.real, { force: true });
  // One that a person has deleted is theirs, too.
  else if (found) replaceInTree(root, place.real, text, found.mode);
  return found !== undefined;
}

/** What the history has is no longer put on top of it: somebody else may have gone on from there. */
const forgetKnown = (base: StateBase, log: StateLog) => forgetPublished(log, (commit) => base.hasCommit(commit));

/** What is neither in the branch nor still to come there was published elsewhere, or was taken back. */
const forgetStrays = (log: StateLog, store: PrivateStore, tip: string) =>
  forgetPublished(
    log,
    async (commit) => !(await isAncestor(store, commit, tip)) && !(await isAncestor(store, tip, commit)),
  );

async function forgetPublished(log: StateLog, isToGo: (commit: string) => Promise<boolean>): Promise<void> {
  const published = log.onTop().filter(({ publishedIn }) => publishedIn !== null);
  const going = new Map<string, boolean>();
  for (const { publishedIn } of published) {
    if (publishedIn !== null && !going.has(publishedIn)) going.set(publishedIn, await isToGo(publishedIn));
  }
  const all = published.filter(({ publishedIn }) => going.get(publishedIn ?? "") === true);
  if (all.length > 0) await log.forget(all.map(({ sequence }) => sequence));
}

async function writeOnTop(
  { root, log, logLimit = 1000 }: StateTree,
  file: string,
  rows: readonly LoggedChange[],
  isClean: boolean,
): Promise<boolean> {
  const place = findStateFile(root, file);
  const found = readRegular(place.real, place.shown);
  const changes = rows.filter((each) => each.file === file).flatMap((each) => each.changes);
  const { text } = reapply(found?.text, changes, { file, logLimit });
  if (text === found?.text) return true;
  if (isClean) await log.willWrite(file, text);
  makeFolder(dirname(place.real));
  replaceInTree(root, place.real, text, found?.mode ?? 0o644);
  if (isClean) await log.wrote(file);
  return true;
}
