import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readRegular } from "./files.ts";

/** `top` is the work tree's root, `common` the folder that all of its worktrees share (`.git`). */
export type GitFolder = { top: string; common: string };

/** The repository that a folder is in; undefined outside of one. Asks the files, not git. */
export function findGitFolder(folder: string): GitFolder | undefined {
  for (let top = resolve(folder); ; top = dirname(top)) {
    const common = commonFolder(join(top, ".git"));
    if (common) return { top, common };
    if (top === dirname(top)) return undefined;
  }
}

function commonFolder(entry: string): string | undefined {
  const stat = statSync(entry, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return existsSync(join(entry, "HEAD")) ? entry : undefined;
  // Worktrees and submodules have a file that points to their folder.
  const pointed = stat?.isFile() ? /^gitdir: (.+)$/m.exec(readRegular(entry)?.text ?? "")?.[1] : undefined;
  if (!pointed) return undefined;
  const own = resolve(dirname(entry), pointed);
  const shared = readRegular(join(own, "commondir"))?.text.trim();
  return shared ? resolve(own, shared) : own;
}
