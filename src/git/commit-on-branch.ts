import { problem } from "../core/problem.ts";
import { commitFiles, type FilesCommit } from "./commit-files.ts";
import { moveRefs } from "./move-refs.ts";
import type { PrivateStore } from "./private-store.ts";
import { fetchBranch, type RemoteBranch } from "./remote-branch.ts";
import { remoteProblem } from "./remote-trouble.ts";

export type BranchCommit = Pick<FilesCommit, "message" | "author"> & {
  /** See `fetchBranch`. */
  branch: string;
  now(): number;
  /** Makes a branch that is not there, where it is to begin with something; false: with nothing. */
  begin?(ref: string): Promise<boolean>;
  /** What is to change in the branch's newest, asked anew when that has moved. Nothing: it stays as it is. */
  change(tip: string | null, ref: string): Promise<FilesCommit["files"]>;
};

/** The branch is everybody's, and may move at any time. */
const tries = 10;

/** The branch as it is then. Throws `remote-unreachable`, `remote-refused`, and what `change` throws. */
export async function commitOnBranch(store: PrivateStore, commit: BranchCommit): Promise<RemoteBranch> {
  const { branch, message, author, now, begin, change } = commit;
  for (let time = 1; ; time++) {
    const { ref, tip } = await fetchBranch(store, branch);
    if (tip === null && begin && time < tries && (await begin(ref))) continue;
    const files = await change(tip, ref);
    if (files.size === 0) return { ref, tip };
    const to = await commitFiles(store, { parent: tip, files, message, author, now: now() });
    const moved = await moveRefs(store, [{ ref, from: tip, to }], { atomic: false });
    if (moved.kind !== "settled") throw problem(moved.problem);
    const result = moved.refs.get(ref);
    if (result?.kind === "moved") return { ref, tip: to };
    const why = result?.kind === "refused" ? result.why : `the branch moved before each of ${tries} pushes`;
    if (result?.kind === "refused" || time === tries)
      throw problem(remoteProblem(store.remote, { kind: "failed", why }));
  }
}
