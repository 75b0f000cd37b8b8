import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { replaceFile } from "./files.ts";
import { findGitFolder } from "./git-folder.ts";

/**
 * `replaceFile` for a file in a work tree: what a process leaves behind that dies while it writes is in `.git`, where
 * it is in nobody's way.
 */
export function replaceInTree(root: string, file: string, text: string, mode: number): void {
  const git = findGitFolder(root);
  const aside = git && asideFolder(git.common);
  if (aside === undefined || !isSameDisk(aside, file)) replaceFile(file, text, mode);
  else replaceFile(file, text, mode, aside);
}

/** Removes what was left behind more than an hour ago. */
export function sweepAside(root: string, now: number): void {
  const git = findGitFolder(root);
  const folder = git ? asideFolder(git.common) : "";
  for (const name of git ? readdirSync(folder) : []) {
    const file = join(folder, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found && now - found.mtimeMs > keptMs) rmSync(file, { recursive: true, force: true });
  }
}

const keptMs = 3_600_000;

/** In the folder that all of a repository's work trees share: what is there for a moment, and may be left by who dies. */
export function asideFolder(common: string): string {
  const folder = join(common, "garza", "aside");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

const isSameDisk = (folder: string, file: string) => statSync(folder).dev === statSync(dirname(file)).dev;
