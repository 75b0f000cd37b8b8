/** A branch for state files that is not there: it begins with what was last seen of it, else with those of the remote's own branch. */
import { problem } from "../core/problem.ts";
import { commitFiles } from "../git/commit-files.ts";
import { moveRefs } from "../git/move-refs.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { fetchBranch, pathInRepository, textIn } from "../git/remote-branch.ts";
import { remoteProblem } from "../git/remote-trouble.ts";
import { commitOf } from "../git/tree.ts";
import { ownBranchRef, stateFilesIn } from "../state/state-base.ts";

export type Beginning = { store: PrivateStore; root: string; author: string; now(): number };

/** False: there is nothing that it could begin with. Somebody else may make it meanwhile. Throws `remote-unreachable`, `remote-refused`. */
export async function beginBranch(beginning: Beginning, ref: string): Promise<boolean> {
  const { store } = beginning;
  const to = (await commitOf(store, ownBranchRef)) ?? (await firstCommit(beginning));
  if (to === undefined) return false;
  const moved = await moveRefs(store, [{ ref, from: null, to }], { atomic: false });
  if (moved.kind !== "settled") throw problem(moved.problem);
  const result = moved.refs.get(ref);
  if (result?.kind === "refused") throw problem(remoteProblem(store.remote, { kind: "failed", why: result.why }));
  return true;
}

async function firstCommit({ store, root, author, now }: Beginning): Promise<string | undefined> {
  const { tip } = await fetchBranch(store, "");
  const files = new Map<string, string>();
  for (const file of tip === null ? [] : await stateFilesIn(root, store, tip)) {
    const path = pathInRepository(root, file);
    const text = await textIn(store, tip, path).catch(() => undefined);
    if (text !== undefined) files.set(path, text);
  }
  if (files.size === 0) return undefined;
  const message = "garza: a branch for state files, with those that there are [skip ci]";
  return commitFiles(store, { parent: null, files, message, author, now: now() });
}
