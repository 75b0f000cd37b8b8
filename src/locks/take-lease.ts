/** Getting a lock at the remote, for an operation that has it on this machine already. */
import { problem } from "../core/problem.ts";
import { moveRefs } from "../git/move-refs.ts";
import { type RemoteTrouble, remoteProblem } from "../git/remote-trouble.ts";
import { moment } from "./deadlines.ts";
import { generationOf } from "./generations.ts";
import { type Known, type Lease, leaseOf, noteMoved, putLease } from "./leases.ts";
import { moveOf } from "./lock-refs.ts";
import { unreadable } from "./lock-text.ts";
import { type Look, lookAt } from "./look.ts";
import { jitter, type Sharing } from "./sharing.ts";
import { readTickets, ticketPrefix } from "./tickets.ts";
import { acquired, type Holder, renewed, type Transition } from "./transitions.ts";

export type LeaseRequest = {
  resource: string;
  holder: Holder;
  /** The greatest generation that was ever seen of it here. */
  floor: number;
  /** It was had before, by an operation that is carried on: nobody but the holder's end gives it back. */
  again?: boolean;
  signal: AbortSignal;
};

export type Taken =
  /** `before`: what stood there, where anything did. */
  | { kind: "taken"; gen: number; before: Known | null }
  /** Another machine has it. */
  | { kind: "away"; known: Known };

/** Throws `remote-unreachable`, `remote-refused`, `data-damaged`: then it does not count as held. */
export async function takeLease(sharing: Sharing, request: LeaseRequest): Promise<Taken> {
  const { db, store, clock, machine, sightings } = sharing;
  const { resource, holder, signal } = request;
  let { seen, file } = await firstLook(sharing, request, leaseOf(db.read, resource));
  let movedAt = clock.monotonic();
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    if (seen && "unreadable" in seen) throw unreadable(resource, seen.unreadable);
    const held = seen?.text.st === "held" ? seen : null;
    // What this machine left behind is its own to take: the lock here keeps its operations apart.
    const isOurs = held?.text.machine === machine.id;
    if (held && !isOurs && !sightings.look(held)) {
      await put(sharing, resource, { status: "away", owner: null, known: held });
      return { kind: "away", known: held };
    }
    const isSame = held !== null && isOurs && held.text.owner === holder.owner;
    // Who has it already goes on: that tool has not looked.
    if (file && !isSame) {
      await put(sharing, resource, { status: "away", owner: null, known: file });
      return { kind: "away", known: file };
    }
    const floor = seen ? request.floor : Math.max(request.floor, await generationOf(sharing, resource));
    const now = clock.now();
    const transition = isSame ? renewed(held, now) : acquired(resource, seen, holder, { floor, now });
    const known = await attempt(sharing, request, transition, seen);
    if (known) return { kind: "taken", gen: known.text.gen, before: seen };
    await clock.sleep(jitter(tries, 2_000), signal);
    const last = seen?.oid;
    ({ seen, file } = await lookAt(sharing, resource));
    if (seen?.oid !== last) movedAt = clock.monotonic();
    else if (clock.monotonic() - movedAt > stuckMs) throw problem(remoteProblem(store.remote, stuck(resource)));
  }
}

/** The remote says that it has moved, and it has not. Milliseconds. */
const stuckMs = 60_000;
const stuck = (resource: string): RemoteTrouble => ({
  kind: "stuck",
  why: `it refuses every move of lock ${resource}, and nobody else moves it`,
});

/** Undefined: another transition came first. */
async function attempt(
  sharing: Sharing,
  { resource, holder, again = false }: LeaseRequest,
  transition: Transition,
  seen: Known | null,
): Promise<Known | undefined> {
  const { db, store, clock, deadlines, tickets } = sharing;
  const before = leaseOf(db.read, resource);
  const isHeld = before?.status === "held" && before.owner === holder.owner;
  const last = seen ?? before?.known ?? null;
  // What its operation has in mind to have is not forgotten by a try that fails.
  const kept = (again || isHeld) && last ? { status: "held" as const, owner: holder.owner, known: last } : undefined;
  // From here on it may be ours, whatever becomes of this process.
  await put(sharing, resource, kept ?? { status: "taking", owner: holder.owner, known: seen });
  const sentAt = moment(clock);
  const ticket = await tickets.takingBack(store, resource);
  const move = await moveOf(store, transition);
  const pushed = await moveRefs(store, ticket ? [move, ticket] : [move], { atomic: false });
  const result = pushed.kind === "settled" ? pushed.refs.get(move.ref) : undefined;
  if (result?.kind === "moved") {
    const known = { oid: move.to, text: transition.text };
    await db.write((writer) => {
      noteMoved(writer, { resource, status: "held", owner: holder.owner, known, ours: true });
      writer.query("update lock set token = ? where resource = ?").run(known.text.gen, resource);
    });
    deadlines.set(resource, sentAt, known.text.ttl);
    tickets.forget(store, resource);
    return known;
  }
  // In doubt, it is given back as soon as somebody can be asked.
  const isInDoubt = pushed.kind === "in-doubt";
  const given = {
    status: isInDoubt ? "leaving" : "free",
    owner: isInDoubt ? holder.owner : null,
    known: seen,
  } as const;
  if (!kept) await put(sharing, resource, given);
  if (pushed.kind !== "settled") throw problem(pushed.problem);
  if (result?.kind === "refused") throw problem(remoteProblem(store.remote, { kind: "failed", why: result.why }));
  return undefined;
}

const put = ({ db }: Sharing, resource: string, lease: Pick<Lease, "status" | "owner" | "known">) =>
  db.write((writer) => putLease(writer, { resource, ...lease, ours: false }));

type FirstLook = Pick<Look, "seen" | "file">;

/** What the remote has: as we left it, where we were the last to move it, and nobody can be before us; else a look tells. */
async function firstLook(sharing: Sharing, request: LeaseRequest, before: Lease | undefined): Promise<FirstLook> {
  const { resource } = request;
  if (before?.status !== "free" || !before.ours || !before.known) return lookAt(sharing, resource);
  const left = Date.parse(before.known.text.ren);
  const justLeft = sharing.clock.now() - left < rememberedMs;
  if (justLeft) return standAside(sharing, request, before.known, left);
  return sharing.legacy ? lookAt(sharing, resource) : { seen: before.known, file: undefined };
}

/** So long after we had it, we look for others who wait before we take it again. Milliseconds. */
const rememberedMs = 60_000;
/** Two of their looks. */
const asideMs = 10_000;

async function standAside(
  sharing: Sharing,
  { resource, signal }: LeaseRequest,
  ours: Known,
  left: number,
): Promise<FirstLook> {
  const { store, clock, machine, inVain } = sharing;
  const began = clock.monotonic();
  const tickets = ticketPrefix(store, resource);
  for (let looks = 0; ; looks++) {
    const look = await lookAt(sharing, resource, [tickets]);
    if (look.seen?.oid !== ours.oid) return look;
    const drawn = look.refs.filter(({ ref, oid }) => ref.startsWith(tickets) && !inVain.has(oid));
    const earlier = readTickets(drawn, tickets, machine.id, clock.now()).some(({ since }) => since < left);
    if (!earlier) return look;
    if (clock.monotonic() - began > asideMs) {
      for (const { oid } of drawn) inVain.add(oid);
      return look;
    }
    await clock.sleep(100 + jitter(looks + 2, 1_000), signal);
  }
}
