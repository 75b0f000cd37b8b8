/** What has to be known of a lock before it is taken: one connection, two where its ref is not there. */
import type { FoundRef } from "../git/fetch-refs.ts";
import { fetchBranch } from "../git/remote-branch.ts";
import { generationAt } from "./generations.ts";
import type { Known } from "./leases.ts";
import { fetchWithFiles } from "./legacy.ts";
import { lockRef, seenAt } from "./lock-refs.ts";
import type { Seen } from "./lock-text.ts";
import type { Sharing } from "./sharing.ts";

export type Look = {
  seen: Seen | null;
  /** Of a lock whose ref is not there: the greatest generation that it had when it was. */
  floor: number;
  /** Another tool has it. */
  file: Known | undefined;
  refs: readonly FoundRef[];
};

/** `more`: prefixes of further refs. Throws `remote-unreachable`, `remote-refused`, `data-damaged`. */
export async function lookAt(sharing: Sharing, resource: string, more: readonly string[] = []): Promise<Look> {
  const { store } = sharing;
  const own = lockRef(store, resource);
  const { refs, files } = await fetchWithFiles(sharing, [own, ...more], resource);
  const [file] = files;
  const found = refs.find(({ ref }) => ref === own);
  if (found) return { seen: seenAt(store, found, resource), floor: 0, file, refs };
  // After the lock: who deletes its ref has recorded the generation before.
  const { tip } = await fetchBranch(store, sharing.branch);
  return { seen: null, floor: await generationAt(sharing, tip, resource), file, refs };
}
