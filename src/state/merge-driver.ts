/**
 * The merge of JSON as a driver of git: `.gitattributes`, which all clones share, names it; each clone's own
 * configuration says which program it is. Where that is missing, git merges as text, and nothing is lost.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import {
  contained,
  isFileError,
  makeFolder,
  readRegular,
  replaceFile,
  statOf,
  writeAtomically,
} from "../core/files.ts";
import { findGitFolder, type GitFolder } from "../core/git-folder.ts";
import { singleQuoted } from "../core/shell-quote.ts";
import { type GitPlace, git, gitText } from "../git/git.ts";

export const attributeLine = "/infra/state/*.json merge=garza-json -text";

export const section = "merge.garza-json";

/** What git runs; it puts in the versions and the path itself, quoted. */
const commandOf = (program: string) => `${singleQuoted(program).replaceAll("%", "%%")} state merge-driver %O %A %B %P`;

/** Adds the line to `.gitattributes` of the root; false: it is there. What else it says stays. */
export async function addAttribute(root: string): Promise<boolean> {
  if (hasAttribute(root)) return false;
  const file = contained(root, ".gitattributes");
  const text = readRegular(file, ".gitattributes")?.text ?? "";
  await writeAtomically(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${attributeLine}\n`);
  return true;
}

/** At the root, or at the top of a repository that it is a part of. */
export function hasAttribute(root: string): boolean {
  const top = findGitFolder(root)?.top ?? root;
  return [root, top].some((folder) =>
    /^[^#\n]*\bmerge=garza-json\b/m.test(readRegular(join(folder, ".gitattributes"))?.text ?? ""),
  );
}

/**
 * Sets the driver where the clone has the attribute, and none or another program as its driver: true. Touches
 * nothing but this clone's configuration, asks git only when that has changed, and leaves a clone of somebody
 * else alone.
 */
export async function repairMergeDriver(
  root: string,
  program: string,
  place: GitPlace,
  user: number | undefined = process.getuid?.(),
): Promise<boolean> {
  const folder = findGitFolder(root);
  if (!folder || !hasAttribute(root)) return false;
  if (user !== undefined && statSync(folder.common).uid !== user) return false;
  if (noted(folder) === stamp(folder, program)) return false;
  const isChanged = (await mergeDriver(place)) !== commandOf(program);
  if (isChanged) {
    // The name comes last: a driver that has a name and nothing else makes every merge of git end in an error.
    await gitText(place, ["config", "--local", `${section}.driver`, commandOf(program)]);
    await gitText(place, ["config", "--local", `${section}.name`, "GARZA's state files, by key and by id"]);
  }
  note(folder, stamp(folder, program));
  return isChanged;
}

/** The driver that git would run; undefined: none is set. */
export async function mergeDriver(place: GitPlace): Promise<string | undefined> {
  const { exitCode, stdout } = await git(place, ["config", "--get", `${section}.driver`]);
  return exitCode === 0 ? stdout.trimEnd() : undefined;
}

/** Whether that driver is this program. */
export const isDriver = (driver: string | undefined, program: string) => driver === commandOf(program);

const noteFile = ({ common }: GitFolder) => join(common, "garza", "merge-driver");

/** The configuration as it was when the driver was found to be this program. */
function stamp({ common }: GitFolder, program: string): string {
  const config = statOf(join(common, "config"));
  return `${config?.mtimeMs} ${config?.size} ${program}\n`;
}

const noted = (folder: GitFolder) => readRegular(noteFile(folder))?.text;

/** Without it git is asked once more the next time, and nothing else is the matter. */
function note(folder: GitFolder, text: string): void {
  try {
    makeFolder(join(folder.common, "garza"));
    replaceFile(noteFile(folder), text);
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
  }
}
