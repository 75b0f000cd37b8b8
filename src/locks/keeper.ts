/** Keeps the leases that we have: renews all of them in one push, gives back what is owed, and stops in time. */
import { alarm, type Clock } from "../core/clock.ts";
import { GarzaError, type Problem } from "../core/problem.ts";
import { moveRefs } from "../git/move-refs.ts";
import { hasBudget } from "../git/push-budget.ts";
import { openFence } from "./fence.ts";
import { type Lease, leasesIn, putLease } from "./leases.ts";
import type { LockListener } from "./locks.ts";
import type { Sharing } from "./sharing.ts";
import { type Move, moveLeases, type Outcome } from "./transact.ts";

/** Gives leases back, together with what they have guarded. */
export type Carry = (resources: readonly string[], move: Move, sharing: Sharing) => Promise<Map<string, Outcome>>;

export type KeeperRequest = {
  sharing(): Promise<Sharing | undefined>;
  /** What we have ourselves, in this process. */
  deadlines: Sharing["deadlines"];
  db: Sharing["db"];
  clock: Clock;
  carry: Carry;
  /** Its operation is still to have it: an interrupted one only so long. */
  isKept(operation: string): boolean;
  tell: LockListener;
};

export type Keeper = {
  /** A lease was taken, or is to be given back. */
  look(): void;
  /** Resolves when nothing is left to be given back, or with why that can't be done now. */
  settled(): Promise<Problem | null>;
  /** Leases from before, whose operations wait here for something: from now on they are renewed again. */
  adopt(): Promise<void>;
  end(): void;
};

/** Alone, without anything that goes with them: each counts for itself. */
export const plain: Carry = (resources, move, { store }) =>
  move(resources, async (moves) => (moves.length === 0 ? nothing : moveRefs(store, moves, { atomic: false })));

const nothing = { kind: "settled", refs: new Map() } as const;

/** Milliseconds. */
const retryMs = { first: 1_000, most: 30_000 };
const lookMs = 5_000;
/** Those that are due by then are renewed along. */
const alongMs = 60_000;
/** Until then a renewal may wait for others' pushes. */
const urgentMs = 90_000;

export function openKeeper({ sharing, deadlines, db, clock, carry, isKept, tell }: KeeperRequest): Keeper {
  let callOff = () => {};
  let giving: Promise<Problem | null> | undefined;
  let retry = retryMs.first;
  let nextTry = 0;
  let renewing = false;
  let ended = false;
  let mayTell = true;

  const owned = () => leasesIn(db.read, "held").filter(({ resource }) => deadlines.leftMs(resource) !== undefined);
  const moveWith =
    (found: Sharing): Move =>
    (resources, push) =>
      moveLeases(found, resources, push);

  const look = () => {
    callOff();
    if (ended) return;
    fence.look();
    const held = owned();
    const isOwed = leasesIn(db.read, "leaving").length > 0;
    if (isOwed && !giving && clock.monotonic() >= nextTry) void settled().catch(() => {});
    // It looks again at its end.
    if (renewing) return;
    const waits = held.flatMap(({ resource }) => {
      const [due = 0, left = 0] = [deadlines.dueMs(resource), deadlines.leftMs(resource)];
      // It is tried in good time, then again and again, until its time is over.
      return [due > 0 ? due : Math.max(0, Math.min(left, nextTry - clock.monotonic()))];
    });
    if (isOwed) waits.push(Math.max(100, nextTry - clock.monotonic()));
    // A machine that slept wakes up late: it looks at least every few seconds.
    if (waits.length > 0) callOff = alarm(Math.min(...waits, lookMs), () => void renewOrLater());
  };

  const renewOrLater = async () => {
    renewing = true;
    try {
      await renew();
    } catch (thrown) {
      // What was under way when the database was closed is looked up by the next process.
      if (!ended) later(thrown);
    } finally {
      renewing = false;
    }
    look();
  };

  /** Nobody can be asked now. */
  const later = (thrown: unknown): Problem => {
    if (!(thrown instanceof GarzaError)) throw thrown;
    pause();
    return thrown.problem;
  };

  const renew = async () => {
    const held = owned();
    for (const { resource, owner } of held) if (!isKept(owner ?? "")) deadlines.clear(resource);
    const isDue = held.some(({ resource }) => (deadlines.dueMs(resource) ?? 1) <= 0);
    if (!isDue || clock.monotonic() < nextTry) return;
    const found = await sharing();
    const isUrgent = held.some(({ resource }) => (deadlines.leftMs(resource) ?? Infinity) < urgentMs);
    if (!found || (!isUrgent && !hasBudget(found.store, clock.monotonic()))) {
      return pause();
    }
    const along = held.filter(({ resource }) => (deadlines.dueMs(resource) ?? alongMs) < alongMs);
    const outcomes = await plain(
      along.map(({ resource }) => resource),
      moveWith(found),
      found,
    );
    for (const { resource, owner } of along) {
      const outcome = outcomes.get(resource);
      if (outcome?.kind === "moved") tell({ type: "renewed", resource, operation: owner ?? "" });
      if (outcome?.kind === "lost") tell({ type: "lost", resource, operation: owner ?? "", why: outcome.why });
    }
    pauseAfter([...outcomes.values()]);
  };

  const pauseAfter = (outcomes: Outcome[]) => {
    const failure = outcomes.find((outcome) => outcome.kind === "not-now");
    if (failure) pause();
    else [retry, nextTry] = [retryMs.first, 0];
    return failure?.problem ?? null;
  };

  const pause = () => {
    nextTry = clock.monotonic() + retry * (0.5 + Math.random() / 2);
    retry = Math.min(retryMs.most, retry * 2);
  };

  /**
   * Nobody could be told that we still have it: others may take it soon. It is given back when its operation has ended,
   * and not while that is still being stopped.
   */
  const giveUp = ({ resource, owner }: Lease) =>
    tell({
      type: "lost",
      resource,
      operation: owner ?? "",
      why: "the remote could not be told in time that it is still needed",
    });

  const settled = async (): Promise<Problem | null> => {
    for (;;) {
      giving ??= give()
        .catch(later)
        .finally(() => {
          giving = undefined;
          look();
        });
      const failure = await giving;
      // What was given back in the moment in which the last one ended has not been asked for by it.
      if (failure || ended || !mayTell || leasesIn(db.read, "leaving").length === 0) return failure;
    }
  };

  const give = async (): Promise<Problem | null> => {
    for (;;) {
      const leaving = leasesIn(db.read, "leaving").map(({ resource }) => resource);
      if (leaving.length === 0) return null;
      const found = await sharing();
      mayTell = found !== undefined;
      // The remote is gone from the configuration: there is nobody to tell, as long as it does not come back.
      if (!found) {
        pause();
        return null;
      }
      const failure = pauseAfter([...(await carry(leaving, moveWith(found), found)).values()]);
      if (failure) return failure;
    }
  };

  const fence = openFence(deadlines, owned, giveUp);

  return {
    look,
    settled,
    async adopt() {
      const held = leasesIn(db.read, "held");
      const left = held.filter(
        ({ resource, owner }) => deadlines.leftMs(resource) === undefined && isKept(owner ?? ""),
      );
      const found = left.length === 0 ? undefined : await sharing();
      if (!found) return;
      // What an earlier process knew of them may be older than what it did.
      await db.write((writer) => {
        for (const lease of left) putLease(writer, { ...lease, ours: false });
      });
      const resources = left.map(({ resource }) => resource);
      const outcomes = await plain(resources, moveWith(found), found);
      for (const { resource, owner } of left) {
        const outcome = outcomes.get(resource);
        if (outcome?.kind === "lost") tell({ type: "lost", resource, operation: owner ?? "", why: outcome.why });
      }
      look();
    },
    end() {
      ended = true;
      callOff();
      fence.end();
    },
  };
}
