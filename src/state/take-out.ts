/**
 * Takes what an operation has changed, and must not share any more, out of a file that a person has changed as well. Any other is
 * given back as a whole. The state files' lock is held.
 */
import { readRegular } from "../core/files.ts";
import { replaceInTree } from "../core/tree-file.ts";
import type { Tree } from "../git/tree.ts";
import { putAside } from "./copies.ts";
import { mergeJson } from "./merge.ts";
import { onTopOf, unpublished } from "./on-top.ts";
import { isOfFile } from "./read-text.ts";
import type { StateBase } from "./state-base.ts";
import { findStateFile } from "./state-folder.ts";
import type { LoggedChange, StateLogReader } from "./state-log.ts";

export type TakingOut = {
  root: string;
  tree: Tree;
  base: StateBase;
  log: StateLogReader;
  tell(message: string): Promise<void>;
};

/** Before it is recorded as refused. */
export async function takeOut({ root, tree, base, log, tell }: TakingOut, change: LoggedChange): Promise<void> {
  const { file } = change;
  const { real, shown } = findStateFile(root, file);
  try {
    const found = readRegular(real, shown);
    if (!found || log.isOurs(file, found.text)) return;
    const rows = unpublished(log.onTop(file));
    const others = rows.filter(({ sequence }) => sequence !== change.sequence);
    const below = await base.text(file);
    const versions = {
      base: onTopOf(below, rows, { file }),
      ours: found.text,
      theirs: onTopOf(below, others, { file }),
    };
    const { text = "", conflicts } = mergeJson(versions, shown, "theirs");
    if (conflicts.length > 0)
      await tell(
        `what was changed by hand in ${shown} can't be told from what was refused. It is kept: ${putAside(tree, file, found.text)}`,
      );
    if (text !== found.text) replaceInTree(root, real, text, found.mode);
  } catch (thrown) {
    // A person has made it unfit: as it is, nothing shares it.
    if (!isOfFile(thrown)) throw thrown;
  }
}
