/**
 * Locks of one root: those of this machine, and where the repository has a remote the same ones there, against other
 * machines. An operation has the lock on its machine first; who does not get it at the remote gives it back.
 */
import type { Clock } from "../core/clock.ts";
import { GarzaError, problem } from "../core/problem.ts";
import { openBells } from "./bells.ts";
import { heldAway, holderIn, holdersIn } from "./holders.ts";
import { type Carry, openKeeper, plain } from "./keeper.ts";
import { leaseOf, leasesFor, putLease } from "./leases.ts";
import { openLocalLocks } from "./local-locks.ts";
import { type HeldRow, heldRow, isStillAsked } from "./lock-rows.ts";
import type { LockEvent, LockListener, Locks } from "./locks.ts";
import { lookAround } from "./look-around.ts";
import { openMirror } from "./mirror.ts";
import { releaseAway } from "./release-away.ts";
import { resourceName } from "./resource-name.ts";
import type { Sharing } from "./sharing.ts";
import { takeAway } from "./take-away.ts";
import { type Taken, takeLease } from "./take-lease.ts";
import { moveLeases } from "./transact.ts";
import { requireUnmoved } from "./unmoved.ts";
import { watchAway } from "./watch-away.ts";

export type LocksRequest = {
  db: Sharing["db"];
  /** Absolute. */
  root: string;
  clock: Clock;
  /** Undefined: locks hold on this machine alone. */
  sharing(): Promise<Sharing | undefined>;
  deadlines: Sharing["deadlines"];
  /** Name of this machine, for people; its data folder's id. */
  machine: { id: string; host: string };
  ttlSeconds(): number;
  /** An operation waits for it in the queue. */
  isAwaited(resource: string): boolean;
  /** Its operation is still to have it. */
  isKept(operation: string): boolean;
  /** What goes with leases that are given back. */
  carry?: Carry;
  /** Told when a mirror file can't be written: the lock counts all the same. */
  warn?: (message: string) => void;
  /** Told when a lock may have become free. */
  onFree?: (resource: string) => void;
};

const unlocked = (thrown: unknown) =>
  thrown instanceof GarzaError && thrown.problem.kind === "remote-unreachable"
    ? problem({ ...thrown.problem, hint: withoutRemote })
    : thrown;
const withoutRemote =
  "The lock was not taken. To work under locks of this machine alone, which others do not see, where no agent runs: --offline";

/** Operations have ids without it. */
const isByHand = (owner: string) => owner.includes("@");

export function openLocks(request: LocksRequest): Locks {
  const { db, root, clock, sharing, deadlines, machine, ttlSeconds, warn = () => {}, onFree = () => {} } = request;
  const listeners = new Set<LockListener>();
  const tell = (event: LockEvent) => {
    for (const listener of listeners) listener(event);
    // What a person has taken, nobody is there to stop.
    if (event.type === "lost" && isByHand(event.operation)) void letGo(event).catch(() => {});
  };
  const letGo = async ({ resource, operation }: LockEvent) => {
    await local.release({ resource, operation, force: false, all: true });
    showNow(resource);
    warn(`lock ${resource} is no longer ${operation}'s, who had taken it by hand: it ran out, or was taken away`);
  };
  const bells = openBells(clock);
  const mirror = openMirror({ root, warn });
  const showNow = (resource: string) => mirror.show(resource, holderIn(db.read, resource, machine.host));
  const keeper = openKeeper({
    sharing,
    deadlines,
    db,
    clock,
    carry: request.carry ?? plain,
    isKept: request.isKept,
    tell,
  });
  const local = openLocalLocks({
    store: db,
    clock,
    onFree,
    freeing(writer, resource) {
      const lease = leaseOf(writer, resource);
      if (lease?.status === "held" || lease?.status === "taking") putLease(writer, { ...lease, status: "leaving" });
    },
  });
  const waiting = new Map<string, number>();
  const away = watchAway({
    sharing,
    isWanted: (resource) => waiting.has(resource) || request.isAwaited(resource),
    onFree(resource) {
      bells.ring(resource);
      onFree(resource);
    },
    clock,
  });

  /** At the remote, for who has it here. Null: there is none. */
  const takeShared = async (row: HeldRow, signal: AbortSignal, again = false): Promise<Taken | null> => {
    const { resource } = row;
    const found = await sharing();
    if (!found) return null;
    const holder = {
      owner: row.operation,
      by: row.operator,
      host: machine.host,
      machine: machine.id,
      pid: process.pid,
      op: row.label ?? row.operation,
      ...(row.reason !== null && { reason: row.reason }),
      ttlSeconds: Math.max(1, row.ttl ?? ttlSeconds()),
    };
    const floor = Math.max(row.token - 1, leaseOf(db.read, resource)?.known?.text.gen ?? 0);
    return found.turns.take([resource], () => takeLease(found, { resource, holder, floor, again, signal }));
  };
  /** A parent's, or taken by the same operation before. */
  const isHad = ({ resource, operation }: HeldRow): boolean => {
    const lease = leaseOf(db.read, resource);
    return lease?.status === "held" && lease.owner === operation && deadlines.leftMs(resource) !== undefined;
  };

  return {
    async acquire(asked) {
      const wanted = { ...asked, resource: resourceName(asked.resource) };
      const { resource, signal } = wanted;
      const deadline = clock.monotonic() + wanted.waitSeconds * 1000;
      for (;;) {
        const left = () => Math.max(0, deadline - clock.monotonic());
        await local.acquire({ ...wanted, waitSeconds: left() / 1000 });
        const row = heldRow(db.read, resource);
        if (!row) continue;
        const taken = isHad(row)
          ? null
          : await takeShared(row, signal).catch(async (thrown: unknown) => {
              await local.takeBack(wanted);
              keeper.look();
              throw unlocked(thrown);
            });
        if (taken?.kind !== "away") {
          showNow(resource);
          keeper.look();
          return taken?.gen ?? row.token;
        }
        await local.takeBack(wanted);
        showNow(resource);
        away.add(resource);
        if (left() <= 0) throw heldAway(taken.known);
        waiting.set(resource, (waiting.get(resource) ?? 0) + 1);
        try {
          await bells.sleep(resource, left(), signal);
        } finally {
          const others = (waiting.get(resource) ?? 1) - 1;
          if (others > 0) waiting.set(resource, others);
          else waiting.delete(resource);
        }
        if (left() <= 0) throw heldAway(taken.known);
      }
    },

    async release(asked) {
      const release = { ...asked, resource: resourceName(asked.resource) };
      // No await before: the caller may want it in the same commit as another change.
      const wasHeld = await local.release(release);
      showNow(release.resource);
      keeper.look();
      const found = wasHeld ? undefined : await sharing();
      return found ? releaseAway(found, release.resource, release.force) : wasHeld;
    },

    async takeAway(wanted) {
      await takeAway({ local, sharing, tell }, wanted);
      const resource = resourceName(wanted.resource);
      showNow(resource);
      keeper.look();
      bells.ring(resource);
      onFree(resource);
    },
    settled: () => keeper.settled(),
    adopt: () => keeper.adopt(),
    async retake(operation) {
      const found = await sharing();
      const { signal } = new AbortController();
      for (const row of found ? local.rows(operation) : []) {
        if (isHad(row) || isStillAsked(db.read, row)) continue;
        const taken = await takeShared(row, signal, true);
        keeper.look();
        if (!found || !taken) continue;
        await requireUnmoved(found, row, taken).catch((moved: unknown) => {
          if (moved instanceof GarzaError && moved.problem.kind === "lock-moved") {
            tell({ type: "lost", resource: row.resource, operation, why: moved.problem.why });
          }
          throw moved;
        });
      }
    },
    until(operations) {
      const leases = operations.flatMap((operation) => leasesFor(db.read, operation));
      const untils = leases.flatMap(({ resource }) => deadlines.until(resource) ?? []);
      return untils.length === 0 ? undefined : Math.min(...untils);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    holder: async (resource) => holderIn(db.read, resourceName(resource), machine.host),
    async heldBy(operation) {
      const own = new Set(local.rows(operation).map(({ resource }) => resource));
      return holdersIn(db.read, machine.host).filter(({ resource }) => own.has(resource));
    },
    async refreshMirror() {
      mirror.refresh(holdersIn(db.read, machine.host));
    },
    async lookAround() {
      const found = await sharing();
      if (found) await lookAround(found);
      mirror.refresh(holdersIn(db.read, machine.host));
      return holdersIn(db.read, machine.host);
    },
    async move(resources, push) {
      const found = await sharing();
      return found ? moveLeases(found, resources, push) : new Map();
    },
    awaited(resources) {
      for (const resource of resources) if (leaseOf(db.read, resource)?.status === "away") away.add(resource);
    },
    end() {
      keeper.end();
      away.end();
    },
  };
}
