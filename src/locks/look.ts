/** What is there of a lock, seen by one connection: its ref, and another tool's file where such files count. */
import type { FoundRef } from "../git/fetch-refs.ts";
import type { PrivateStore } from "../git/private-store.ts";
import type { Known } from "./leases.ts";
import { fetchWithFiles, type Legacy } from "./legacy.ts";
import { lockRef, seenIn } from "./lock-refs.ts";
import type { Seen } from "./lock-text.ts";

export type Look = {
  seen: Seen | null;
  /** Another tool has it. */
  file: Known | undefined;
  refs: readonly FoundRef[];
};

export type Looker = { store: PrivateStore; legacy: Legacy | undefined };

/** `more`: prefixes of further refs. Throws `remote-unreachable`, `remote-refused`. */
export async function lookAt(looker: Looker, resource: string, more: readonly string[] = []): Promise<Look> {
  const { store } = looker;
  const { refs, files } = await fetchWithFiles(looker, [lockRef(store, resource), ...more], resource);
  return { seen: seenIn(store, refs, resource), file: files[0], refs };
}
