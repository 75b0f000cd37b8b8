import { problem } from "../core/problem.ts";
import { moveRefs } from "../git/move-refs.ts";
import { heldAway } from "./holders.ts";
import { type Known, type LeaseStatus, leaseOf, putLease } from "./leases.ts";
import { moveOf } from "./lock-refs.ts";
import { lookAt } from "./look.ts";
import type { Sharing } from "./sharing.ts";
import { forced } from "./transitions.ts";

/**
 * Of a lock that nobody here has. False: nobody has it anywhere. By force it is taken from another machine whose lease
 * has run out. Throws `lock-held` for any other, `remote-unreachable`.
 */
export async function releaseAway(sharing: Sharing, resource: string, force: boolean): Promise<boolean> {
  const { db, sightings } = sharing;
  return sharing.turns.take([resource], async () => {
    // Just being taken or given back here: it is this machine's own, and nobody's who asks.
    if (isOwn(leaseOf(db.read, resource)?.status)) return false;
    const { seen, file } = await lookAt(sharing, resource);
    if (!seen || "unreadable" in seen || seen.text.st === "free") {
      if (file) throw heldAway(file);
      return false;
    }
    await db.write((writer) => putLease(writer, { resource, status: "away", owner: null, known: seen, ours: false }));
    if (!force || !sightings.look(seen)) throw heldAway(seen);
    await forceFree(sharing, resource, seen, { by: "garza", why: "its lease had run out" });
    return true;
  });
}

const isOwn = (status: LeaseStatus | undefined) => status === "taking" || status === "held" || status === "leaving";

/** Exactly what was seen is set free: whoever has it since keeps it. Throws `busy` then. */
export async function forceFree(
  { db, store, clock, machine }: Sharing,
  resource: string,
  seen: Parameters<typeof forced>[1],
  { by, why }: { by: string; why: string },
): Promise<Known> {
  const { id, host } = machine;
  const who = { owner: by, by, host, machine: id, pid: process.pid, op: "release by force", ttlSeconds: 1 };
  const floor =
    db.read.query<{ token: number }, [string]>("select token from lock where resource = ?").get(resource)?.token ?? 0;
  const transition = forced(resource, seen, who, { floor, now: clock.now(), why });
  const move = await moveOf(store, transition);
  const pushed = await moveRefs(store, [move], { atomic: true });
  if (pushed.kind !== "settled") throw problem(pushed.problem);
  if (pushed.refs.get(move.ref)?.kind !== "moved") {
    throw problem({
      kind: "busy",
      what: `lock ${resource} has moved meanwhile`,
      next: `Look again: garza lock show ${resource}`,
    });
  }
  const known = { oid: move.to, text: transition.text };
  await db.write((writer) => putLease(writer, { resource, status: "free", owner: null, known, ours: true }));
  return known;
}
