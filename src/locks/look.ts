/** What has to be known of a lock before it is taken: one connection, two where its ref is not there. */
import { type FoundRef, fetchRefs } from "../git/fetch-refs.ts";
import { generationAt } from "./generations.ts";
import { lockRef, seenAt } from "./lock-refs.ts";
import type { Seen } from "./lock-text.ts";
import type { Sharing } from "./sharing.ts";

export type Look = {
  seen: Seen | null;
  /** Of a lock whose ref is not there: the greatest generation that it had when it was. */
  floor: number;
  refs: readonly FoundRef[];
};

/** `more`: prefixes of further refs. Throws `remote-unreachable`, `remote-refused`, `data-damaged`. */
export async function lookAt(sharing: Sharing, resource: string, more: readonly string[] = []): Promise<Look> {
  const { store } = sharing;
  const own = lockRef(store, resource);
  const refs = await fetchRefs(store, [own, ...more]);
  const found = refs.find(({ ref }) => ref === own);
  if (found) return { seen: seenAt(store, found, resource), floor: 0, refs };
  const branch = await sharing.branchRef();
  // After the lock: who deletes its ref has recorded the generation before.
  const tip = (await fetchRefs(store, [branch])).find(({ ref }) => ref === branch)?.oid ?? null;
  return { seen: null, floor: await generationAt(sharing, tip, resource), refs };
}
