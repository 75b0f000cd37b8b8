import { realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { makeFolder, readRegular, replaceFile } from "../core/files.ts";
import { findGitFolder } from "../core/git-folder.ts";

/**
 * Keeps files of `root` out of `git status` and `git add` by `.git/info/exclude`, which is this clone's own.
 * Outside of a repository there is nothing to do.
 */
export function excludeFromGit(root: string, pattern: string): void {
  const git = findGitFolder(realpathSync(root));
  if (!git) return;
  const prefix = relative(git.top, realpathSync(root)).split(sep).filter(Boolean);
  const line = `/${[...prefix.map(literal), pattern].join("/")}`;
  const file = join(git.common, "info", "exclude");
  const { text, mode } = readRegular(file) ?? { text: "", mode: 0o644 };
  if (text.split(/\r?\n/).includes(line)) return;
  makeFolder(dirname(file));
  replaceFile(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`, mode);
}

/** A folder's name as git reads patterns. */
const literal = (name: string) => name.replace(/[\\*?[\]]/g, "\\$&").replace(/ $/, "\\ ");
