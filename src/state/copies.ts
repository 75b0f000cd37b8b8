/**
 * Copies of state files that are shared on a branch of their own: the work tree has them for people and commands to read, and
 * git knows nothing of them. Nothing that is done to one is ever taken for state: what a person has made of it is put aside.
 */
import { existsSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeFolder, readRegular, replaceFile } from "../core/files.ts";
import { sha256 } from "../core/hash.ts";
import { replaceInTree } from "../core/tree-file.ts";
import type { Tree } from "../git/tree.ts";
import { onTopOf } from "./on-top.ts";
import { isOfFile } from "./read-text.ts";
import type { StateBase } from "./state-base.ts";
import { findStateFile } from "./state-folder.ts";
import type { LoggedChange, StateLog } from "./state-log.ts";

export type Copies = {
  root: string;
  tree: Tree;
  log: StateLog;
  logLimit?: number;
  tell(message: string): Promise<void>;
};

/** Makes each what the branch has, as far as it was seen, with what is still to be published on top. The state files' lock is held. */
export async function refreshCopies(copies: Copies, base: StateBase): Promise<void> {
  const { log, tell } = copies;
  const waiting: LoggedChange[] = [];
  for (const change of log.onTop()) {
    // It may be published, and not seen there yet.
    if (change.publishedIn === null || !(await base.hasCommit(change.publishedIn))) waiting.push(change);
  }
  const files = new Set([...(await base.files()), ...waiting.map(({ file }) => file), ...log.written()]);
  for (const file of files) {
    try {
      await refresh(copies, base, file, waiting.filter((each) => each.file === file).map(seen));
    } catch (thrown) {
      if (!isOfFile(thrown)) throw thrown;
      await tell(`${file} does not show what is on the branch of state files: ${thrown.message}`);
    }
  }
}

/** What has its place in the tree only once it is published waits for that. */
const seen = ({ changes, publishedIn }: LoggedChange) => ({
  changes: changes.filter((each) => publishedIn !== null || !("quiet" in each)),
});

async function refresh(
  { root, tree, log, logLimit = 1000, tell }: Copies,
  base: StateBase,
  file: string,
  rows: readonly Pick<LoggedChange, "changes">[],
): Promise<void> {
  const place = findStateFile(root, file);
  const found = readRegular(place.real, place.shown);
  const shared = await base.text(file);
  const wanted = onTopOf(shared, rows, { file, logLimit });
  if (found?.text === wanted) {
    if (wanted === undefined || log.isOurs(file, wanted)) return;
    await log.willWrite(file, wanted);
    await log.wrote(file);
    return;
  }
  if (found && !log.isOurs(file, found.text) && found.text !== (await base.ofTree(file)))
    await tell(
      `${file} was changed by hand, and is only a copy of what is shared. Yours is kept: ${putAside(tree, file, found.text)}. To change what is shared: garza state set`,
    );
  if (wanted === undefined) {
    rmSync(place.real, { force: true });
    return;
  }
  await log.willWrite(file, wanted);
  makeFolder(dirname(place.real));
  replaceInTree(root, place.real, wanted, found?.mode ?? 0o644);
  await log.wrote(file);
}

/** Where it is kept. The same text is kept once. */
export function putAside({ gitDir }: Tree, file: string, text: string): string {
  const folder = join(gitDir, "garza", "edited");
  const kept = join(folder, `${sha256(text).slice(0, 8)}-${basename(file)}`);
  makeFolder(folder);
  if (!existsSync(kept)) replaceFile(kept, text);
  return kept;
}
