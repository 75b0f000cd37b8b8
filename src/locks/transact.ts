/** Moving leases that we have: renewed or given back, alone or in one push with what they guard. */
import type { Problem } from "../core/problem.ts";
import type { MoveResult } from "../git/move-refs.ts";
import type { RefMove } from "../git/push-refs.ts";
import { remoteProblem } from "../git/remote-trouble.ts";
import { moment } from "./deadlines.ts";
import { type Known, type Lease, leaseOf, noteMoved } from "./leases.ts";
import { moveOf, readLock } from "./lock-refs.ts";
import type { Seen } from "./lock-text.ts";
import type { Sharing } from "./sharing.ts";
import { released, renewed, type Transition } from "./transitions.ts";

/** Pushes the moves, maybe with others. `lost`: resources of those that were asked for and are ours no more. */
export type Push = (moves: readonly RefMove[], lost: ReadonlySet<string>) => Promise<MoveResult>;

/** Makes the transitions of these leases with one push. */
export type Move = (resources: readonly string[], push: Push) => Promise<Map<string, Outcome>>;

export type Outcome =
  | { kind: "moved" }
  /** It is another's, or free, and not by us. `why` for people. */
  | { kind: "lost"; why: string }
  /** Nothing has changed; worth another try. */
  | { kind: "not-now"; problem: Problem };

/** `held` leases are renewed, `leaving` ones given back. By resource; those that are neither are left out. */
export async function moveLeases(
  sharing: Sharing,
  resources: readonly string[],
  push: Push,
): Promise<Map<string, Outcome>> {
  return sharing.turns.take(resources, async () => {
    const outcomes = new Map<string, Outcome>();
    const moving: Moving[] = [];
    for (const resource of resources) {
      const lease = leaseOf(sharing.db.read, resource);
      if (lease?.status !== "held" && lease?.status !== "leaving") continue;
      const transition = await nextOf(sharing, lease);
      if ("kind" in transition) outcomes.set(resource, transition);
      else moving.push({ lease, transition, move: await moveOf(sharing.store, transition) });
    }
    // With an empty push too: what goes with them may have to go without them.
    const sentAt = moment(sharing.clock);
    const pushed = await push(
      moving.map(({ move }) => move),
      new Set([...outcomes].flatMap(([resource, { kind }]) => (kind === "lost" ? [resource] : []))),
    );
    for (const each of moving) outcomes.set(each.lease.resource, await settle(sharing, each, pushed, sentAt));
    return outcomes;
  });
}

type Moving = { lease: Lease; transition: Transition; move: RefMove };

/** The transition that is to be made, or how it ended already. */
async function nextOf(sharing: Sharing, lease: Lease): Promise<Transition | Outcome> {
  const { clock, store } = sharing;
  const isLeaving = lease.status === "leaving";
  // From before a crash, or in doubt: only the remote knows how far it came.
  const seen = lease.ours && lease.known ? lease.known : await readLock(store, lease.resource);
  const known = ownIn(seen, lease, sharing);
  if (known) return isLeaving ? released(known, clock.now()) : renewed(known, clock.now());
  if (isLeaving && isGivenBack(seen, lease, sharing)) return noteGivenBack(sharing, lease, seen);
  await put(sharing, { ...lease, status: "free", owner: null, known: null, ours: false });
  return { kind: "lost", why: "it is no longer there" };
}

/** We have given it back before, and died before that was written down. */
function isGivenBack(seen: Seen | null, { owner }: Lease, { machine }: Sharing): seen is Known {
  if (!seen || "unreadable" in seen) return false;
  const { text } = seen;
  return text.st === "free" && text.owner === owner && text.machine === machine.id && text.why === undefined;
}

async function noteGivenBack(sharing: Sharing, lease: Lease, known: Known): Promise<Outcome> {
  sharing.deadlines.clear(lease.resource);
  await put(sharing, { ...lease, status: "free", owner: null, known, ours: true });
  return { kind: "moved" };
}

/** The record that is ours there. */
function ownIn(seen: Seen | null, { owner }: Lease, { machine }: Sharing) {
  if (!seen || "unreadable" in seen) return null;
  const { text } = seen;
  return text.st === "held" && text.owner === owner && text.machine === machine.id ? seen : null;
}

async function settle(
  sharing: Sharing,
  { lease, transition, move }: Moving,
  pushed: MoveResult,
  sentAt: ReturnType<typeof moment>,
): Promise<Outcome> {
  const { resource } = lease;
  if (pushed.kind !== "settled") {
    // Which of two commits the remote has is looked up next time.
    if (pushed.kind === "in-doubt") await put(sharing, { ...lease, ours: false });
    return { kind: "not-now", problem: pushed.problem };
  }
  const result = pushed.refs.get(move.ref);
  if (result?.kind === "moved") {
    const known = { oid: move.to, text: transition.text };
    const isFree = lease.status === "leaving";
    await put(sharing, { ...lease, known, ours: true, ...(isFree && { status: "free" as const, owner: null }) });
    if (isFree) sharing.deadlines.clear(resource);
    else sharing.deadlines.set(resource, sentAt, known.text.ttl);
    return { kind: "moved" };
  }
  if (result?.kind !== "stale") {
    // It may be that our store lacks what it stands on: a look brings it.
    await put(sharing, { ...lease, ours: false });
    const why = result?.kind === "refused" ? result.why : "another ref of the same push was refused";
    return { kind: "not-now", problem: remoteProblem(sharing.store.remote, { kind: "failed", why }) };
  }
  return isLost(sharing, lease);
}

/** Its commit is not the one that we made last: whose is it? */
async function isLost(sharing: Sharing, lease: Lease): Promise<Outcome> {
  const seen = await readLock(sharing.store, lease.resource);
  if (ownIn(seen, lease, sharing)) {
    await put(sharing, { ...lease, ours: false });
    const why = "its commit was not the one that was expected";
    return { kind: "not-now", problem: remoteProblem(sharing.store.remote, { kind: "failed", why }) };
  }
  if (lease.status === "leaving" && isGivenBack(seen, lease, sharing)) return noteGivenBack(sharing, lease, seen);
  const known = seen && "text" in seen ? seen : null;
  const isAway = known?.text.st === "held";
  sharing.deadlines.clear(lease.resource);
  await put(sharing, { ...lease, status: isAway ? "away" : "free", owner: null, known, ours: false });
  return { kind: "lost", why: lossText(seen) };
}

export function lossText(seen: Seen | null): string {
  if (!seen) return "somebody deleted its ref at the remote";
  if ("unreadable" in seen) return seen.unreadable;
  const { st, by, host, ren, why } = seen.text;
  if (st === "held") return `${by} on ${host} took it at ${ren}`;
  return `${by} on ${host} released it by force at ${ren}${why ? ` (${why})` : ""}`;
}

const put = ({ db }: Sharing, lease: Lease) => db.write((writer) => noteMoved(writer, lease));
