/**
 * What one operation has added and committed. It adds to an index of its own, so that nothing that the user
 * has staged or changed enters its commits; the user's index learns of them afterwards.
 */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { git, gitText } from "./git.ts";
import { baseOf, commitOf, type Entry, putEntries, readEntries, type Tree } from "./tree.ts";

export type OwnWork = { tree: Tree; folder: string; index: string };

/** The operation's folder in `.git`; those that nobody touched for a month are swept. */
export function ownWorkOf(tree: Tree, operation: string): OwnWork {
  const all = join(tree.gitDir, "garza", "operations");
  const folder = join(all, operation);
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    sweep(all);
  }
  return { tree, folder, index: join(folder, "index") };
}

const keptMs = 30 * 24 * 3_600_000;

function sweep(all: string): void {
  for (const name of readdirSync(all)) {
    const folder = join(all, name);
    if (systemClock.now() - statSync(folder).mtimeMs > keptMs) rmSync(folder, { recursive: true, force: true });
  }
}

export const hasAdded = ({ index }: OwnWork) => existsSync(index);

/** Brings the own index up to HEAD: what was added stays added, on top of what was committed meanwhile. */
export async function refreshIndex(own: OwnWork): Promise<void> {
  const { tree, folder, index } = own;
  const base = await baseOf(tree);
  if (hasAdded(own) && readBase(own) === base) return;
  const added = await addedEntries(own);
  const fresh = join(folder, "index.new");
  // The user's index knows which files have not changed since it saw them, which saves reading them all.
  const users = join(tree.gitDir, "index");
  if (existsSync(users)) copyFileSync(users, fresh);
  await gitText(tree, ["read-tree", "--reset", base], { index: fresh });
  await putEntries(tree, added, { index: fresh });
  renameSync(fresh, index);
  writeFileSync(baseFile(own), base);
}

/** What was added and not committed. */
export async function addedEntries(own: OwnWork): Promise<Entry[]> {
  if (!hasAdded(own)) return [];
  const args = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", readBase(own)];
  return readEntries(await gitText(own.tree, args, { index: own.index }));
}

/** A commit that is being made: where HEAD was, and what the user had staged then. */
export type Pending = { key: string; head: string; staged: string[] };

/** The note of an earlier try that was cut short, or a new one. `key` names the call. */
export async function beginCommit(own: OwnWork, key: string): Promise<Pending> {
  const noted = readPending(own);
  if (noted?.key === key) return noted;
  const head = await baseOf(own.tree);
  const staged = (await gitText(own.tree, ["diff-index", "--cached", "--name-only", "-z", head])).split("\0");
  const pending = { key, head, staged };
  writeFileSync(pendingFile(own), JSON.stringify(pending));
  return pending;
}

/** Whether the commit that was begun under this name is there, or may be: then nothing is to be looked at anew. */
export const isBegun = (own: OwnWork, key: string) => readPending(own)?.key === key;

/** Notes the new commit as this operation's, and shows it to the user's index, except where they have staged. */
export async function endCommit(own: OwnWork, { head, staged }: Pending): Promise<void> {
  const { tree } = own;
  const isFirst = (await commitOf(tree, head)) === undefined;
  const made = (
    await gitText(tree, ["rev-list", "--reverse", "--first-parent", isFirst ? "HEAD" : `${head}..HEAD`])
  ).split("\n");
  const [commit] = made;
  if (commit) {
    const raw = await gitText(tree, ["diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", head, commit]);
    const theirs = new Set(staged);
    await putEntries(
      tree,
      readEntries(raw).filter(({ path }) => !theirs.has(path)),
    );
    appendFileSync(commitsFile(own), `${commit}\n`);
    writeFileSync(baseFile(own), commit);
  }
  abandonCommit(own);
}

export const abandonCommit = (own: OwnWork) => rmSync(pendingFile(own), { force: true });

/** The commits that this operation has made. */
export function ownCommits(own: OwnWork): Set<string> {
  const file = commitsFile(own);
  return new Set(existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
}

/** Nothing to commit: neither in the own index nor in the paths that the command names. */
export async function isNothingToCommit({ tree, index }: OwnWork, paths: readonly string[]): Promise<boolean> {
  const { exitCode } = await git(tree, ["commit", "--dry-run", "--short", "-m", "x", "--", ...paths], { index });
  return exitCode === 1;
}

const baseFile = ({ folder }: OwnWork) => join(folder, "base");
const readBase = (own: OwnWork) => readFileSync(baseFile(own), "utf8");
const commitsFile = ({ folder }: OwnWork) => join(folder, "commits");
const pendingFile = ({ folder }: OwnWork) => join(folder, "pending.json");

function readPending(own: OwnWork): Pending | undefined {
  const file = pendingFile(own);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Pending) : undefined;
}
