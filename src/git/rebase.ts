/** Puts commits on top of another one, outside of the user's work tree. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { asideFolder } from "../core/tree-file.ts";
import { type GitOptions, git, gitText, readable } from "./git.ts";
import { putEntries, type Tree } from "./tree.ts";

export type Rebased = { tip: string } | { conflicts: string[] };

/** Merges a file that both sides have changed, where it knows how to: texts of the three versions, undefined for none. */
export type MergeText = (
  path: string,
  versions: Record<"base" | "ours" | "theirs", string | undefined>,
) => string | undefined;

/**
 * `commits` oldest first, none of them a merge. What `onto` already has is left out. The new commits keep
 * author, committer and dates: done again with the same commits, it makes the same ones.
 */
export async function rebase(
  tree: Tree,
  commits: readonly string[],
  onto: string,
  mergeText: MergeText = () => undefined,
): Promise<Rebased> {
  const folder = mkdtempSync(join(asideFolder(tree.common), "rebase-"));
  try {
    let tip = onto;
    for (const [number, commit] of commits.entries()) {
      const merged = await mergeTree(tree, {
        base: `${commit}^`,
        ours: tip,
        theirs: commit,
        folder: join(folder, String(number)),
        mergeText,
      });
      if ("conflicts" in merged) return merged;
      const before = await gitText(tree, ["rev-parse", `${tip}^{tree}`]);
      if (merged.tree !== before) tip = await copyCommit(tree, commit, merged.tree, tip);
    }
    return { tip };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Merge = { base: string; ours: string; theirs: string; folder: string; mergeText: MergeText };

/** By plumbing that every git has: `merge-tree` can take a base only since 2.40. */
async function mergeTree(
  tree: Tree,
  { base, ours, theirs, folder, mergeText }: Merge,
): Promise<{ tree: string } | { conflicts: string[] }> {
  const workTree = join(folder, "tree");
  mkdirSync(workTree, { recursive: true });
  const options = { index: join(folder, "index"), elsewhere: { gitDir: tree.gitDir, workTree } };
  await gitText(tree, ["read-tree", "-i", "-m", "--aggressive", base, ours, theirs], options);
  await mergeTexts(tree, mergeText, options);
  const merged = await git(tree, ["merge-index", "-o", "-q", "git-merge-one-file", "-a"], options);
  const unmerged = await gitText(tree, ["ls-files", "--unmerged", "-z"], options);
  if (merged.exitCode === 0 && unmerged === "") return { tree: await gitText(tree, ["write-tree"], options) };
  const paths = unmerged.split("\0").map((line) => readable(line.slice(line.indexOf("\t") + 1)));
  return { conflicts: [...new Set(paths.filter((path) => path !== ""))] };
}

/** What is left unmerged is for git's own way. */
async function mergeTexts(tree: Tree, mergeText: MergeText, options: GitOptions): Promise<void> {
  const lines = (await gitText(tree, ["ls-files", "--unmerged", "-z"], options)).split("\0").filter(Boolean);
  const stages = lines.flatMap((line) => {
    const [, mode = "", oid = "", stage = "", path = ""] = /^(\d+) (\w+) (\d)\t(.+)$/s.exec(line) ?? [];
    return path === "" ? [] : [{ mode, oid, stage, path }];
  });
  for (const [path, versions] of Map.groupBy(stages, (entry) => entry.path)) {
    const textOf = async (stage: string) => {
      const entry = versions.find((each) => each.stage === stage);
      return entry && readable((await git(tree, ["cat-file", "blob", entry.oid])).stdout);
    };
    const text = mergeText(readable(path), {
      base: await textOf("1"),
      ours: await textOf("2"),
      theirs: await textOf("3"),
    });
    if (text === undefined) continue;
    const input = Buffer.from(text, "utf8").toString("latin1");
    const oid = await gitText(tree, ["hash-object", "-w", "--stdin"], { input });
    await putEntries(
      tree,
      [
        { mode: "0", oid, path },
        { mode: versions[0]?.mode ?? "100644", oid, path },
      ],
      options,
    );
  }
}

/** Its signature does not survive: it was made for another parent. */
async function copyCommit(tree: Tree, commit: string, newTree: string, parent: string): Promise<string> {
  const { stdout: raw } = await git(tree, ["cat-file", "commit", commit]);
  const border = raw.indexOf("\n\n");
  const kept = raw
    .slice(0, border)
    .split("\n")
    .filter((line) => /^(author|committer|encoding) /.test(line));
  const input = [`tree ${newTree}`, `parent ${parent}`, ...kept].join("\n") + raw.slice(border);
  return gitText(tree, ["hash-object", "-t", "commit", "-w", "--stdin"], { input });
}
