import { problem } from "../core/problem.ts";
import { commitOnBranch } from "../git/commit-on-branch.ts";
import type { Known } from "./leases.ts";
import type { Legacy } from "./legacy.ts";
import { plain } from "./lock-text.ts";
import type { Sharing } from "./sharing.ts";

/**
 * Takes away the file of another tool, by a commit on the shared branch: exactly the one that was looked at. Throws `busy`
 * where another one stands there now, `remote-refused`, `remote-unreachable`.
 */
export async function takeFileAway(
  { store, branch, clock, machine }: Sharing,
  legacy: Legacy,
  { oid, file = "", text: { res } }: Known,
  { by, why }: { by: string; why: string },
): Promise<void> {
  await commitOnBranch(store, {
    branch,
    now: clock.now,
    author: `${plain(by) || "garza"} <garza@${plain(machine.host) || "host"}>`,
    message: `garza: lock ${res} is taken away by ${plain(by)}${why && `: ${plain(why)}`} [skip ci]`,
    async change(tip) {
      if ((await legacy.at(tip, res)).some((each) => each.file === file && each.oid === oid))
        return new Map([[file, null]]);
      const what = `lock ${res} has moved meanwhile`;
      throw problem({ kind: "busy", what, next: `Look again: garza lock show ${res}` });
    },
  });
}
