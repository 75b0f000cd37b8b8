import { problems } from "../../core/problems.ts";

/** What each exit code means. */
export const exitMeanings: ReadonlyMap<number, string> = new Map([
  [0, "it was done"],
  [1, "the operation failed; its rollback may have, too"],
  [2, "what was typed or asked can't be understood"],
  [3, "the template is not valid, or there is none of that name"],
  [4, "a prerequisite is not met; nothing was begun"],
  [5, "a lock is held by another operation"],
  [6, "the operation was cancelled"],
  [7, "interrupted: nobody can tell what became of a step, and a person is needed"],
  [65, "data is damaged; nothing was changed"],
  [69, "no agent, host or service answers"],
  [70, "a bug in garza"],
  [73, "no space left"],
  [74, "reading or writing failed"],
  [75, "busy, or this machine has run out of something: try again"],
  [77, "not allowed"],
  [78, "the configuration is wrong, or the database is a newer garza's"],
  [130, "left by a signal, before it was over"],
]);

/** Code, meaning, and the kinds of problems that end so (as `--json` has them). */
export function exitCodes(): [code: string, meaning: string, kinds: string][] {
  const kinds = Map.groupBy(Object.entries(problems), ([, { exit }]) => exit);
  return [...exitMeanings].map(([code, meaning]) => [
    String(code),
    meaning,
    (kinds.get(code) ?? []).map(([kind]) => kind).join(", "),
  ]);
}
