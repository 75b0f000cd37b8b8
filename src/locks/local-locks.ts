/**
 * Locks of this machine, in the database. They exclude the operations of one data folder from each other;
 * the ones in git, behind the same interface, exclude those of several machines.
 */
import type { Clock } from "../core/clock.ts";
import { problem } from "../core/problem.ts";
import type { Store } from "../store/store.ts";
import { openBells } from "./bells.ts";
import { type HeldRow, heldRow, heldRows, isOurs, releaseLock, takeLock } from "./lock-rows.ts";
import type { LockHolder, Locks } from "./locks.ts";
import { openMirror } from "./mirror.ts";
import { resourceName } from "./resource-name.ts";

export type LocalLocksRequest = {
  store: Store;
  /** Absolute. */
  root: string;
  /** Name of this machine, for people. */
  host: string;
  clock: Clock;
  /** Told when a mirror file can't be written: the lock counts all the same. */
  warn?: (message: string) => void;
  /** Told when a lock has become free. */
  onFree?: (resource: string) => void;
};

/** A look at the row without having been rung, for changes that were not made through these locks. */
const lookAgainMs = 1000;

export function openLocalLocks({
  store,
  root,
  host,
  clock,
  warn = () => {},
  onFree = () => {},
}: LocalLocksRequest): Locks {
  const bells = openBells(clock);
  const mirror = openMirror({ root, warn });
  const holderOf = (row: HeldRow) => toHolder(row, host);
  const showNow = (resource: string) => {
    const row = heldRow(store.read, resource);
    mirror.show(resource, row && holderOf(row));
  };

  return {
    async acquire(asked) {
      const request = { ...asked, resource: resourceName(asked.resource) };
      const { resource, signal } = request;
      const deadline = clock.monotonic() + request.waitSeconds * 1000;
      for (;;) {
        signal.throwIfAborted();
        const taken = await store.write((db) => takeLock(db, request, clock.now()));
        if (typeof taken === "number") {
          showNow(resource);
          return taken;
        }
        for (
          let row = heldRow(store.read, resource);
          row && !isOurs(row, request);
          row = heldRow(store.read, resource)
        ) {
          const left = deadline - clock.monotonic();
          if (left <= 0) throw heldBy(row);
          await bells.sleep(resource, Math.min(left, lookAgainMs), signal);
        }
      }
    },

    // No await before the write: the caller may want it in the same commit as another change.
    async release(asked) {
      const release = { ...asked, resource: resourceName(asked.resource) };
      const released = await store.write((db) => releaseLock(db, release, clock.now()));
      if (typeof released !== "boolean") throw heldBy(released.by);
      if (released) {
        showNow(release.resource);
        bells.ring(release.resource);
        onFree(release.resource);
      }
      return released;
    },

    async holder(resource) {
      const row = heldRow(store.read, resourceName(resource));
      return row && holderOf(row);
    },
    heldBy: async (operation) => heldRows(store.read, operation).map(holderOf),
    refreshMirror: async () => mirror.refresh(heldRows(store.read, null).map(holderOf)),
  };
}

export function toHolder(
  { resource, token, operation, operator, label, reason, held_since, ttl }: HeldRow,
  host: string,
): LockHolder {
  return {
    resource,
    token,
    operation,
    operator,
    host,
    ...(label !== null && { label }),
    ...(reason !== null && { reason }),
    since: held_since,
    ...(ttl !== null && { ttlSeconds: ttl }),
  };
}

function heldBy({ resource, operator, operation, held_since }: HeldRow) {
  return problem({
    kind: "lock-held",
    resource,
    holder: operator,
    since: new Date(held_since).toISOString(),
    operation,
  });
}
