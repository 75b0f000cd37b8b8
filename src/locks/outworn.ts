/** What the remote has of locks that nobody needs any more. */
import type { FoundRef } from "../git/fetch-refs.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { probeTime } from "../git/probe-remote.ts";
import { lockFolder, lockRef, locksIn } from "./lock-refs.ts";
import { isLaidDown, ticketFolder } from "./tickets.ts";

export type OldLock = { resource: string; ref: string; oid: string; gen: number };

export type Outworn = {
  /** Free for long. */
  locks: OldLock[];
  /** Tickets of who waits no more, and what a probe left behind. */
  tickets: FoundRef[];
  probes: FoundRef[];
  /** Nobody can tell what they are: they stay. */
  unreadable: { resource: string; why: string }[];
  /** Locks that stay. */
  kept: number;
};

/** Prefixes of all the refs that are ours at the remote. */
export const ownRefs = (store: PrivateStore): string[] => [
  lockFolder(store),
  ticketFolder(store),
  `${store.prefix}probe/`,
];

/** A day: whoever waits, or probes, says so far more often. */
const idleMs = 24 * 3_600_000;

/** `refs`: those under `ownRefs`. `freeMs`: so long a lock has to be free. `now`: milliseconds since 1970. */
export function outwornIn(
  store: PrivateStore,
  refs: readonly FoundRef[],
  { freeMs, now }: { freeMs: number; now: number },
): Outworn {
  const found = locksIn(store, refs);
  const locks = found.flatMap(({ resource, seen }) => {
    if ("unreadable" in seen || seen.text.st !== "free" || now - Date.parse(seen.text.ren) < freeMs) return [];
    return [{ resource, ref: lockRef(store, resource), oid: seen.oid, gen: seen.text.gen }];
  });
  const unreadable = found.flatMap(({ resource, seen }) =>
    "unreadable" in seen ? [{ resource, why: seen.unreadable }] : [],
  );
  const [tickets, probes] = [ticketFolder(store), `${store.prefix}probe/`].map((folder) =>
    refs.filter(({ ref }) => ref.startsWith(folder)),
  );
  return {
    locks,
    unreadable,
    kept: found.length - locks.length - unreadable.length,
    tickets: tickets?.filter(({ message }) => isLaidDown(message, now - idleMs)) ?? [],
    probes: probes?.filter(({ message }) => now - probeTime(message) > idleMs) ?? [],
  };
}
