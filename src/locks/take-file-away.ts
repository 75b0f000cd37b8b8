/** Taking away the file of another tool, by a commit on the shared branch: exactly the one that was looked at. */
import { problem } from "../core/problem.ts";
import { commitFiles } from "../git/commit-files.ts";
import { fetchRefs } from "../git/fetch-refs.ts";
import { moveRefs } from "../git/move-refs.ts";
import { remoteProblem } from "../git/remote-trouble.ts";
import type { Known } from "./leases.ts";
import type { Legacy } from "./legacy.ts";
import { plain } from "./lock-text.ts";
import type { Sharing } from "./sharing.ts";

/** The branch is everybody's, and may move at any time. */
const tries = 10;

/** Throws `busy` where another one stands there now, `remote-refused`, `remote-unreachable`. */
export async function takeFileAway(
  { store, clock, machine }: Sharing,
  legacy: Legacy,
  { oid, file = "", text: { res } }: Known,
  { by, why }: { by: string; why: string },
): Promise<void> {
  const message = `garza: lock ${res} is taken away by ${plain(by)}${why && `: ${plain(why)}`} [skip ci]`;
  const author = `${plain(by) || "garza"} <garza@${plain(machine.host) || "host"}>`;
  for (let time = 1; ; time++) {
    const ref = await legacy.branch();
    const tip = (await fetchRefs(store, [ref])).find((each) => each.ref === ref)?.oid ?? null;
    if (!(await legacy.at(tip, res)).some((each) => each.file === file && each.oid === oid)) {
      const what = `lock ${res} has moved meanwhile`;
      throw problem({ kind: "busy", what, next: `Look again: garza lock show ${res}` });
    }
    const files = new Map([[file, null]]);
    const commit = await commitFiles(store, { parent: tip, files, message, author, now: clock.now() });
    const moved = await moveRefs(store, [{ ref, from: tip, to: commit }], { atomic: false });
    if (moved.kind !== "settled") throw problem(moved.problem);
    const result = moved.refs.get(ref);
    if (result?.kind === "moved") return;
    const why = result?.kind === "refused" ? result.why : `the branch moved before each of ${tries} pushes`;
    if (result?.kind === "refused" || time === tries)
      throw problem(remoteProblem(store.remote, { kind: "failed", why }));
  }
}
