/** A clone brought up to what its upstream has: only forward, only where nobody's work is in the way. */
import { type GitPlace, git, gitText, readable } from "./git.ts";
import { inLockedTree } from "./lock-tree.ts";
import { withHiddenPassword } from "./remote-login.ts";
import { commitOf, configured, currentBranch, isAncestor, openTree, type Tree, unfinished } from "./tree.ts";

export type FastForward =
  | { kind: "current"; head: string | undefined }
  /** Commits, and the first line of the newer one. */
  | { kind: "moved"; from: string; to: string; subject: string }
  /** Nothing was changed. */
  | { kind: "kept"; why: string };

/** What has to be put out of the way of the files that git brings, and back again. */
export type Around = <T>(tree: Tree, work: () => Promise<T>) => Promise<T>;

/** Waits for a git step that works in the tree. Throws `program-missing`, `timed-out`. */
export async function fastForward(place: GitPlace, around: Around): Promise<FastForward> {
  const tree = await openTree(place);
  if (!tree) return kept("it is in no git repository");
  return inLockedTree(tree, () => move(tree, around));
}

const kept = (why: string): FastForward => ({ kind: "kept", why });

async function move(tree: Tree, around: Around): Promise<FastForward> {
  const branch = await currentBranch(tree);
  if (branch === undefined) return kept("no branch is checked out");
  const upstream = await git(tree, ["rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"]);
  if (upstream.exitCode !== 0) return kept(`${branch} follows no branch of a remote (git branch --set-upstream-to)`);
  const remote = (await configured(tree, `branch.${branch}.remote`)) ?? "origin";
  const asking = await withHiddenPassword(tree, remote);
  const fetched = await git(asking, ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"]);
  if (fetched.exitCode !== 0) return kept(`its remote can't be asked: ${lastLine(fetched.stderr)}`);
  const [head, tip] = [await commitOf(tree, "HEAD"), await commitOf(tree, "@{upstream}")];
  if (!head || !tip || head === tip || (await isAncestor(tree, tip, head))) return { kind: "current", head };
  const obstacle = await around(tree, async () => {
    const why = await inTheWay(tree, head, tip);
    if (why !== undefined) return why;
    const merged = await git(tree, ["merge", "--ff-only", "--no-overwrite-ignore", "--quiet", "--no-stat", tip]);
    // What git does not track stands where a file is to come.
    return merged.exitCode === 0 ? undefined : lastLine(merged.stderr);
  });
  if (obstacle !== undefined) return kept(obstacle);
  return {
    kind: "moved",
    from: head,
    to: tip,
    subject: readable(await gitText(tree, ["log", "-1", "--format=%s", tip])),
  };
}

async function inTheWay(tree: Tree, head: string, tip: string): Promise<string | undefined> {
  const begun = unfinished(tree);
  if (begun !== undefined) return `a ${begun} has begun and not ended`;
  if (!(await isAncestor(tree, head, tip))) return "it has commits that its upstream has not, and the other way round";
  const changed = await gitText(tree, ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"]);
  const [first, ...more] = changed.split("\n").filter(Boolean);
  if (first === undefined) return undefined;
  return `changes that are not committed: ${readable(first.slice(3))}${more.length > 0 ? ` and ${more.length} more` : ""}`;
}

const lastLine = (text: string) => readable(text).trim().split("\n").at(-1) ?? "";
