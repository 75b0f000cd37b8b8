/** The refs of the remote that hold locks, and moving them. Knows nothing of who may. */
import { type FoundRef, fetchRefs } from "../git/fetch-refs.ts";
import { gitText } from "../git/git.ts";
import { emptyTree, type PrivateStore } from "../git/private-store.ts";
import type { RefMove } from "../git/push-refs.ts";
import { lockCommit, readLockText, type Seen } from "./lock-text.ts";
import { encodeResource } from "./resource-name.ts";
import type { Transition } from "./transitions.ts";

export const lockFolder = "refs/garza/locks/";

export const lockRef = (resource: string): string => `${lockFolder}${encodeResource(resource)}`;

/** Null: it was never used. Throws `remote-unreachable`, `remote-refused`. */
export async function readLock(store: PrivateStore, resource: string): Promise<Seen | null> {
  const ref = lockRef(resource);
  const found = (await fetchRefs(store, [ref])).find((each) => each.ref === ref);
  return found ? seenAt(found, resource) : null;
}

/** Every lock that the remote knows of, free ones too, by resource. */
export async function listLocks(store: PrivateStore): Promise<{ resource: string; seen: Seen }[]> {
  return (await fetchRefs(store, [lockFolder])).map((found) => {
    const seen = seenAt(found);
    // A ref that can't be read has only its own name.
    return { resource: "text" in seen ? seen.text.res : found.ref.slice(lockFolder.length), seen };
  });
}

/** A long name's ref is a hash of it: the record tells whose it is. */
export function seenAt({ ref, oid, message }: FoundRef, resource?: string): Seen {
  const seen = readLockText(oid, message);
  if ("unreadable" in seen) return seen;
  const isOther = lockRef(seen.text.res) !== ref || (resource !== undefined && seen.text.res !== resource);
  return isOther ? { oid, unreadable: `its record is that of ${seen.text.res}` } : seen;
}

/** Makes the transition's commit in the store: what a push needs. */
export async function moveOf(store: PrivateStore, { verb, from, parent, text }: Transition): Promise<RefMove> {
  const input = lockCommit(text, { verb, parent, tree: emptyTree(store) });
  const to = await gitText(store, ["hash-object", "-w", "-t", "commit", "--stdin"], { input });
  return { ref: lockRef(text.res), from, to };
}
