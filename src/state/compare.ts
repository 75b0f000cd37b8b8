import { join } from "node:path";
import { readRegular } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import { type GitPlace, git, readable } from "../git/git.ts";
import { type Difference, differences } from "./differences.ts";
import { committedText } from "./history.ts";
import { listStateFiles } from "./read-state-file.ts";
import { isBlank, largestText, readStateText } from "./read-text.ts";
import { findStateFile } from "./state-folder.ts";

export type FileDifference = { file: string } & Difference;

/** What the work tree has otherwise than a revision. Throws `usage` for one that there is not, `data-damaged`. */
export async function stateDifferences(root: string, revision: string, place: GitPlace): Promise<FileDifference[]> {
  const names = new Set([...listStateFiles(root), ...(await committedFiles(revision, place))]);
  const found: FileDifference[] = [];
  for (const name of [...names].sort()) {
    const { shown, real } = findStateFile(root, name);
    const now = readRegular(real, shown, largestText)?.text;
    const then = await committedText(shown, place, revision);
    if (now === then) continue;
    const [before, after] = [rootOf(then, `${shown} (${revision})`), rootOf(now, shown)];
    found.push(...differences(before, after).map((each) => ({ file: shown, ...each })));
  }
  return found;
}

const rootOf = (text: string | undefined, shown: string) =>
  isBlank(text) ? undefined : readStateText(text, shown).root;

/** As `listStateFiles` names them. */
async function committedFiles(revision: string, place: GitPlace): Promise<string[]> {
  const folder = join("infra", "state", "/");
  const args = ["ls-tree", "-r", "-z", "--name-only", "--end-of-options", revision, "--", folder];
  const { exitCode, stdout, stderr } = await git(place, args);
  if (exitCode === 0) {
    const names = stdout.split("\0").map((name) => readable(name).slice(folder.length));
    return names.filter((name) => name.endsWith(".json") && !name.startsWith("locks/"));
  }
  // Nothing is committed yet.
  if (revision === "HEAD") return [];
  throw problem({ kind: "usage", message: `there is no revision ${revision}`, hint: readable(stderr).trim() });
}
