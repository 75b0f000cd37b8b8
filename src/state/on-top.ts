/** What the work tree has of state files on top of its history. */
import { reapply } from "./reapply.ts";
import type { LoggedChange } from "./state-log.ts";

/** What is published, and not in this history yet, comes with it. Until then readers see it on top of the file. */
export const unpublished = (changes: readonly LoggedChange[]): LoggedChange[] =>
  changes
    .filter(({ publishedIn }) => publishedIn === null)
    .map(({ changes, ...rest }) => ({ ...rest, changes: changes.filter((each) => !("quiet" in each)) }))
    .filter(({ changes }) => changes.length > 0);

/** The text as it is where nothing is on top of it. `rows`: of this file. */
export function onTopOf(
  text: string | undefined,
  rows: readonly Pick<LoggedChange, "changes">[],
  options: Parameters<typeof reapply>[2],
): string | undefined {
  const changes = rows.flatMap((row) => row.changes);
  return changes.length === 0 ? text : reapply(text, changes, options).text;
}
