/** The refs of the remote that hold locks, and moving them. Knows nothing of who may. */
import { type FoundRef, fetchRefs } from "../git/fetch-refs.ts";
import { gitText } from "../git/git.ts";
import { emptyTree, type PrivateStore, refPrefixes } from "../git/private-store.ts";
import type { RefMove } from "../git/push-refs.ts";
import { lockCommit, readLockText, type Seen } from "./lock-text.ts";
import { encodeResource } from "./resource-name.ts";
import type { Transition } from "./transitions.ts";

export type Prefixed = Pick<PrivateStore, "prefix">;

export const lockFolder = ({ prefix }: Prefixed): string => `${prefix}locks/`;

export const lockRef = (store: Prefixed, resource: string): string => `${lockFolder(store)}${encodeResource(resource)}`;

/** Null: it was never used. Throws `remote-unreachable`, `remote-refused`. */
export async function readLock(store: PrivateStore, resource: string): Promise<Seen | null> {
  return seenIn(store, await fetchRefs(store, [lockRef(store, resource)]), resource);
}

/** One lock among refs that were found. */
export function seenIn(store: Prefixed, refs: readonly FoundRef[], resource: string): Seen | null {
  const own = lockRef(store, resource);
  const found = refs.find(({ ref }) => ref === own);
  return found ? seenAt(store, found, resource) : null;
}

/** The locks among refs that were found, free ones too, by resource. */
export function locksIn(store: Prefixed, refs: readonly FoundRef[]): { resource: string; seen: Seen }[] {
  const folder = lockFolder(store);
  return refs
    .filter(({ ref }) => ref.startsWith(folder))
    .map((found) => {
      const seen = seenAt(store, found);
      // A ref that can't be read has only its own name.
      return { resource: "text" in seen ? seen.text.res : found.ref.slice(folder.length), seen };
    });
}

/** A long name's ref is a hash of it: the record tells whose it is. */
function seenAt(store: Prefixed, { ref, oid, message }: FoundRef, resource?: string): Seen {
  const seen = readLockText(oid, message);
  if ("unreadable" in seen) return seen;
  const isOther = lockRef(store, seen.text.res) !== ref || (resource !== undefined && seen.text.res !== resource);
  return isOther ? { oid, unreadable: `its record is that of ${seen.text.res}` } : seen;
}

/** Makes the transition's commit in the store: what a push needs. */
export async function moveOf(store: PrivateStore, { verb, from, parent: chained, text }: Transition): Promise<RefMove> {
  // Many hosts let a branch only move forward.
  const parent = store.prefix === refPrefixes.branches ? from : chained;
  const input = lockCommit(text, { verb, parent, tree: emptyTree(store) });
  const to = await gitText(store, ["hash-object", "-w", "-t", "commit", "--stdin"], { input });
  return { ref: lockRef(store, text.res), from, to };
}
