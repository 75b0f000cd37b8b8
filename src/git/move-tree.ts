/**
 * Moves the user's work tree to another commit: files and index first, HEAD at last. It is noted before, so that whoever works
 * in the tree next ends what was cut off in between: it would look like changes of the user's.
 */
import { existsSync, lstatSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { makeFolder, readRegular, replaceFile } from "../core/files.ts";
import { randomHex } from "../core/ids.ts";
import { asideFolder } from "../core/tree-file.ts";
import { type GitOptions, git, gitText, readable } from "./git.ts";
import { commitOf, currentBranch, type Entry, putEntries, readEntries, type Tree, unfinished } from "./tree.ts";

/**
 * From HEAD, which is `from`; keeps whatever the user has changed or staged. Undefined: done; else why not, and nothing is
 * changed. Under the tree's lock.
 */
export async function moveTree(tree: Tree, from: string, to: string): Promise<string | undefined> {
  const before = (await endMove(tree)) ?? (await inTheWayOf(tree, from, to));
  if (before !== undefined) return before;
  const branch = (await currentBranch(tree)) ?? "";
  await git(tree, ["update-index", "-q", "--refresh"]);
  // A further work tree has a folder of its own.
  makeFolder(dirname(noteOf(tree)));
  replaceFile(noteOf(tree), `${from} ${to} ${branch}\n`);
  const why = await move(tree, from, to);
  // Whatever else stops git may have come in the middle.
  if (why === inTheWay || why === locked(tree)) forget(tree);
  return why;
}

/** Ends a move that was cut off, unless a person has gone on from there. Why it can't yet, or undefined. Under the tree's lock. */
export async function endMove(tree: Tree): Promise<string | undefined> {
  const noted = readRegular(noteOf(tree));
  if (!noted) return undefined;
  const [, from = "", to = "", branch] = /^(\w+) (\w+) (.*)\n$/.exec(noted.text) ?? [];
  const isAsItWas = (await commitOf(tree, "HEAD")) === from && ((await currentBranch(tree)) ?? "") === branch;
  if (!isAsItWas) return forget(tree);
  const begun = unfinished(tree);
  if (begun !== undefined) return `a ${begun} is under way`;
  if (existsSync(indexLock(tree))) return locked(tree);
  await putEntries(tree, await arrived(tree, from, to));
  return (await inTheWayOf(tree, from, to)) ?? move(tree, from, to);
}

const noteOf = ({ gitDir }: Tree) => join(gitDir, "garza", "moving");
const indexLock = ({ gitDir }: Tree) => join(gitDir, "index.lock");
const forget = (tree: Tree): undefined => void rmSync(noteOf(tree), { force: true });
const locked = (tree: Tree) => `${indexLock(tree)} is there (remove it if no git is at work)`;

const inTheWay = "changes in the work tree stand in the way";
const tries = 10;

async function move(tree: Tree, from: string, to: string): Promise<string | undefined> {
  for (let time = 1; ; time++) {
    const { exitCode, stderr } = await git(tree, ["read-tree", "-m", "-u", from, to]);
    if (exitCode === 0) break;
    // Somebody's git status is just writing down what it has seen.
    const isLocked = /index\.lock/.test(stderr);
    if (isLocked && time < tries) {
      await systemClock.sleep(time * 20, tree.signal);
      continue;
    }
    if (isLocked) return locked(tree);
    return /overwritten|uptodate|would lose/.test(stderr) ? inTheWay : readable(stderr).trim();
  }
  await gitText(tree, ["update-ref", "-m", "garza: rebased", "HEAD", to, from]);
  return forget(tree);
}

/** What git does not track here and is to come: where it is ignored, git would write over it without a word. */
async function inTheWayOf(tree: Tree, from: string, to: string): Promise<string | undefined> {
  const top = await gitText(tree, ["rev-parse", "--show-toplevel"]);
  const added = await listed(tree, [
    "diff-tree",
    "-r",
    "--no-renames",
    "--diff-filter=A",
    "--name-only",
    "-z",
    from,
    to,
  ]);
  const there = added.filter((path) => isTaken(Buffer.from(join(top, path), "latin1")));
  const tracked = there.length === 0 ? new Set() : new Set(await listed(tree, ["ls-files", "--full-name", "-z", ":/"]));
  const [first] = there.filter((path) => !tracked.has(path));
  return first === undefined
    ? undefined
    : `${readable(first)}, which git does not have here, stands in the way (move it away)`;
}

const listed = async (tree: Tree, args: string[]) => (await gitText(tree, args)).split("\0").filter(Boolean);

/** Also where a file stands in place of a folder on the way. */
function isTaken(path: Buffer): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    return (cause as { code?: string }).code === "ENOTDIR";
  }
}

/** What differs in `to`, and is in the work tree already though the index does not know: git takes it for the user's. */
async function arrived(tree: Tree, from: string, to: string): Promise<Entry[]> {
  const raw = ["-r", "--raw", "-z", "--no-renames", "--no-abbrev"];
  const coming = readEntries(await gitText(tree, ["diff-tree", ...raw, from, to]));
  const names = async (args: string[], options?: GitOptions) =>
    new Set((await gitText(tree, [...args, "--name-only", "-z"], options)).split("\0"));
  const staged = await names(["diff-index", "--cached", from]);
  const index = join(asideFolder(tree.common), `index-${randomHex(6)}`);
  try {
    await gitText(tree, ["read-tree", to], { index });
    await git(tree, ["update-index", "-q", "--refresh"], { index });
    const other = await names(["diff-files"], { index });
    return coming.filter(({ mode, path }) => mode !== "0" && !staged.has(path) && !other.has(path));
  } finally {
    rmSync(index, { force: true });
  }
}
