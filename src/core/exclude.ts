import { realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { makeFolder, readRegular, replaceFile } from "./files.ts";
import { findGitFolder } from "./git-folder.ts";

/**
 * Keeps files of `root` out of `git status` and `git add` by `.git/info/exclude`, which is this clone's own; or no longer.
 * False: that was so already, or this is no repository.
 */
export function excludeFromGit(root: string, pattern: string, isExcluded = true): boolean {
  const git = findGitFolder(realpathSync(root));
  if (!git) return false;
  const prefix = relative(git.top, realpathSync(root)).split(sep).filter(Boolean);
  const line = `/${[...prefix.map(literal), pattern].join("/")}`;
  const file = join(git.common, "info", "exclude");
  const { text, mode } = readRegular(file) ?? { text: "", mode: 0o644 };
  const lines = text.split("\n");
  if (lines.some((each) => each.trimEnd() === line) === isExcluded) return false;
  makeFolder(dirname(file));
  const without = lines.filter((each) => each.trimEnd() !== line).join("\n");
  const added = `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
  replaceFile(file, isExcluded ? added : without, mode);
  return true;
}

/** A folder's name as git reads patterns. */
const literal = (name: string) => name.replace(/[\\*?[\]]/g, "\\$&").replace(/ $/, "\\ ");
