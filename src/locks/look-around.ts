import { type Known, leaseOf, leasesIn, putLease } from "./leases.ts";
import { fetchWithFiles } from "./legacy.ts";
import { lockFolder, locksIn } from "./lock-refs.ts";
import type { Sharing } from "./sharing.ts";

/** Notes who has what at the remote, by one look. What is ours, or just being moved here, stays as we know it. */
export async function lookAround(sharing: Sharing): Promise<void> {
  const { db, store, sightings } = sharing;
  const { refs, files } = await fetchWithFiles(sharing, [lockFolder(store)]);
  const free = new Map<string, Known | null>();
  const away = new Map(files.map((file) => [file.text.res, file]));
  for (const { resource, seen } of locksIn(store, refs)) {
    if ("unreadable" in seen) free.set(resource, null);
    else if (seen.text.st === "held" && !sightings.look(seen)) away.set(resource, seen);
    else free.set(resource, seen);
  }
  await db.write((writer) => {
    const noted = leasesIn(writer, "away").map(({ resource }) => resource);
    for (const resource of new Set([...away.keys(), ...noted])) {
      const before = leaseOf(writer, resource);
      if (before && before.status !== "free" && before.status !== "away") continue;
      const known = away.get(resource);
      // What can't be read now was another's, and may still be.
      if (!known && free.get(resource) === null) continue;
      putLease(writer, {
        resource,
        status: known ? "away" : "free",
        owner: null,
        known: known ?? free.get(resource) ?? null,
        ours: false,
      });
    }
  });
}
