/**
 * Forgetting locks that nobody uses. Their tokens are recorded in the state branch before their refs are deleted: who
 * takes such a lock again begins above the last one, however far this came.
 */
import { problem } from "../core/problem.ts";
import { commitOnBranch } from "../git/commit-on-branch.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { pushRefs, type RefResult } from "../git/push-refs.ts";
import { pathInRepository, sharedText } from "../git/remote-branch.ts";
import { remoteProblem } from "../git/remote-trouble.ts";
import { authorOf } from "../git/tree.ts";
import { generationsFile, readGenerations } from "../locks/generations.ts";
import type { OldLock } from "../locks/outworn.ts";
import { reapply } from "../state/reapply.ts";
import { beginBranch } from "./begin-branch.ts";

export type Recording = { store: PrivateStore; root: string; branch: string; now(): number };

/** Throws `data-damaged`, `remote-refused`, `remote-unreachable`: nothing is to be deleted then. */
export async function recordGenerations(recording: Recording, locks: readonly OldLock[]): Promise<void> {
  const { store, root, branch, now } = recording;
  const path = pathInRepository(root, generationsFile);
  const author = await authorOf(store.tree);
  await commitOnBranch(store, {
    ...{ branch, now, author },
    ...(branch !== "" && { begin: (ref) => beginBranch({ store, root, author, now }, ref) }),
    message: "garza: tokens of forgotten locks [skip ci]",
    async change(tip) {
      const before = await sharedText(store, { branch, tip }, path);
      const text = withGenerations(before, locks);
      return new Map(text === undefined || text === before ? [] : [[path, text]]);
    },
  });
}

/** The greater one of both: a token never falls. */
function withGenerations(text: string | undefined, locks: readonly OldLock[]): string | undefined {
  const known = readGenerations(text);
  const changes = locks
    .filter(({ resource, gen }) => gen > (Object.hasOwn(known, resource) ? (known[resource] ?? 0) : 0))
    .map(({ resource, gen }) => ({ kind: "set" as const, path: ["generation", resource], value: gen, before: [] }));
  return changes.length === 0 ? text : reapply(text, changes, { file: generationsFile }).text;
}

export type Deletion = { ref: string; oid: string };

/** One push has so many at most: a host may bound what it takes at once. */
const atOnce = 100;

/** By ref: what became of it. `stale`: it was used meanwhile, and stays. Throws `remote-unreachable`, `remote-refused`. */
export async function deleteRefs(
  store: PrivateStore,
  deletions: readonly Deletion[],
): Promise<ReadonlyMap<string, RefResult>> {
  const results = new Map<string, RefResult>();
  for (let at = 0; at < deletions.length; at += atOnce) {
    const part = deletions.slice(at, at + atOnce).map(({ ref, oid }) => ({ ref, from: oid, to: null }));
    const pushed = await pushRefs(store, part, { atomic: false });
    // An answer that was lost is no harm: what is gone is found gone the next time.
    if (pushed.kind !== "answered") throw problem(remoteProblem(store.remote, pushed.trouble));
    for (const [ref, result] of pushed.refs) results.set(ref, result);
  }
  return results;
}
