import { readRegular } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import { git, readable } from "../git/git.ts";
import { textIn } from "../git/remote-branch.ts";
import { type Difference, differences } from "./differences.ts";
import { listStateFiles } from "./read-state-file.ts";
import { isBlank, largestText, readStateText } from "./read-text.ts";
import { type StateBase, stateFilesIn } from "./state-base.ts";
import { findStateFile } from "./state-folder.ts";

export type FileDifference = { file: string } & Difference;

/**
 * What the work tree has otherwise than a revision of its repository; undefined: than the newest commit. Throws `usage` for one
 * that there is not, `data-damaged`.
 */
export async function stateDifferences(root: string, base: StateBase, revision?: string): Promise<FileDifference[]> {
  const { place } = base;
  if (revision !== undefined) {
    const { exitCode, stderr } = await git(place, ["rev-parse", "--verify", "--end-of-options", `${revision}^{tree}`]);
    if (exitCode !== 0)
      throw problem({ kind: "usage", message: `there is no revision ${revision}`, hint: readable(stderr).trim() });
  }
  const then = revision ?? base.revision;
  const textThen = (file: string) =>
    revision === undefined ? base.text(file) : textIn(place, revision, base.path(file));
  const here = listStateFiles(root).map((name) => findStateFile(root, name).shown);
  const found: FileDifference[] = [];
  for (const file of [...new Set([...here, ...(await stateFilesIn(root, place, then))])].sort()) {
    const { shown, real } = findStateFile(root, file);
    const [before, now] = [await textThen(file), readRegular(real, shown, largestText)?.text];
    if (now === before) continue;
    const differing = differences(rootOf(before, `${shown} (${then})`), rootOf(now, shown));
    found.push(...differing.map((each) => ({ file: shown, ...each })));
  }
  return found;
}

const rootOf = (text: string | undefined, shown: string) =>
  isBlank(text) ? undefined : readStateText(text, shown).root;
