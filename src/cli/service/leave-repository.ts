/** Takes out of a clone what garza has put there for itself. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { statOf, translate } from "../../core/files.ts";
import { findGitFolder } from "../../core/git-folder.ts";
import type { Env } from "../../core/places.ts";
import { removeEmpty } from "./remove-empty.ts";

/** Says each thing that was done. As the owner of the clone. */
export async function leaveRepository(root: string, env: Env, say: (what: string) => void): Promise<void> {
  // Ignored by git: who holds what on this machine now.
  removeEmpty(join(root, "infra/state/locks"), "locks");
  const folder = findGitFolder(root);
  if (!folder) return;
  const place = { directory: root, env };
  const { removeMergeDriver } = await import("../../state/remove-merge-driver.ts");
  if (await removeMergeDriver(place)) say("git merges state files of this clone as text again");
  const { openTree } = await import("../../git/tree.ts");
  const tree = await openTree(place);
  // A further work tree has one of its own.
  for (const gitDir of new Set([folder.common, tree?.gitDir ?? folder.common])) {
    const own = join(gitDir, "garza");
    if (!statOf(own)) continue;
    try {
      rmSync(own, { recursive: true });
    } catch (cause) {
      throw translate(cause, own);
    }
    say(`removed ${own}`);
  }
}
