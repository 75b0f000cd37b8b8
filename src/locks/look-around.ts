import { leaseOf, putLease } from "./leases.ts";
import { listLocks } from "./lock-refs.ts";
import type { Sharing } from "./sharing.ts";

/** Notes who has what at the remote, by one look. What is ours, or just being moved here, stays as we know it. */
export async function lookAround({ db, store, sightings }: Sharing): Promise<void> {
  const all = await listLocks(store);
  await db.write((writer) => {
    for (const { resource, seen } of all) {
      const before = leaseOf(writer, resource);
      if ("unreadable" in seen || (before && before.status !== "free" && before.status !== "away")) continue;
      const isAway = seen.text.st === "held" && !sightings.look(seen);
      if (!isAway && before?.status !== "away") continue;
      putLease(writer, { resource, status: isAway ? "away" : "free", owner: null, known: seen, ours: false });
    }
    const there = new Set(all.map(({ resource }) => resource));
    for (const { resource } of writer
      .query<{ resource: string }, []>("select resource from lease where status = 'away'")
      .all()) {
      if (there.has(resource)) continue;
      putLease(writer, { resource, status: "free", owner: null, known: null, ours: false });
    }
  });
}
