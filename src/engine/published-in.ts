/** The commit with which changes went to the remote, where the push was cut off before anybody could note it. */
import { git } from "../git/git.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { fetchBranch, pathInRepository, textIn } from "../git/remote-branch.ts";
import { isOfFile } from "../state/read-text.ts";
import { reapply } from "../state/reapply.ts";
import type { LoggedChange } from "../state/state-log.ts";

/** What an operation's commits say, a line each. */
export const operationLine = (operation: string) => `Garza-Operation: ${operation}`;

export type Searched = {
  root: string;
  /** See `fetchBranch`. */
  branch: string;
  operation: string;
  file: string;
  /** All that it has changed there and that is not noted as published. */
  changes: readonly LoggedChange[];
};

/** Throws `remote-unreachable`, `remote-refused`. */
export async function publishedIn(store: PrivateStore, searched: Searched): Promise<string | undefined> {
  const { root, branch, operation, file, changes } = searched;
  const { tip } = await fetchBranch(store, branch);
  if (tip === null) return undefined;
  const grep = ["--fixed-strings", `--grep=${operationLine(operation)}`];
  const found = await git(store, ["log", "--format=%H", `--max-count=${mostCommits}`, ...grep, tip]);
  const all = changes.flatMap((change) => change.changes);
  for (const commit of found.stdout.split("\n").filter(Boolean)) {
    try {
      const text = await textIn(store, commit, pathInRepository(root, file));
      if (reapply(text, all, { file }).text === text) return commit;
    } catch (thrown) {
      if (!isOfFile(thrown)) throw thrown;
    }
  }
  return undefined;
}

const mostCommits = 20;
