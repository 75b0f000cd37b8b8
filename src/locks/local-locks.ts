/**
 * Locks of this machine, in the database. They exclude the operations of one data folder from each other;
 * open-locks.ts adds the ones in git, which exclude those of several machines.
 */
import type { Database } from "bun:sqlite";
import type { Clock } from "../core/clock.ts";
import { problem } from "../core/problem.ts";
import type { Store } from "../store/store.ts";
import { openBells } from "./bells.ts";
import { type HeldRow, heldRow, heldRows, isOurs, releaseLock, takeLock } from "./lock-rows.ts";
import type { LockHolder, LockRequest, Locks } from "./locks.ts";
import { resourceName } from "./resource-name.ts";

export type LocalLocksRequest = {
  store: Store;
  clock: Clock;
  /** Told when a lock has become free. */
  onFree?: (resource: string) => void;
  /** Part of the transaction that frees one. */
  freeing?: (db: Database, resource: string) => void;
};

export type LocalLocks = Pick<Locks, "acquire" | "release"> & {
  row(resource: string): HeldRow | undefined;
  rows(operation: string | null): HeldRow[];
  /** What `acquire` did is undone, as it can't be had after all; nobody is told that it is free. */
  takeBack(request: LockRequest): Promise<void>;
};

/** A look at the row without having been rung, for changes that were not made through these locks. */
const lookAgainMs = 1000;

export function openLocalLocks({ store, clock, onFree = () => {}, freeing = () => {} }: LocalLocksRequest): LocalLocks {
  const bells = openBells(clock);
  return {
    row: (resource) => heldRow(store.read, resource),
    rows: (operation) => heldRows(store.read, operation),
    async takeBack(request) {
      const { operation } = request;
      const resource = resourceName(request.resource);
      await store.write((db) => {
        releaseLock(db, { resource, operation, force: false }, clock.now());
        if (heldRow(db, resource) !== undefined) return;
        freeing(db, resource);
        // Nobody has had this token.
        db.query("delete from lock where resource = ? and token = 1").run(resource);
        db.query("update lock set token = token - 1 where resource = ?").run(resource);
      });
    },

    async acquire(asked) {
      const request = { ...asked, resource: resourceName(asked.resource) };
      const { resource, signal } = request;
      const deadline = clock.monotonic() + request.waitSeconds * 1000;
      for (;;) {
        signal.throwIfAborted();
        const taken = await store.write((db) => takeLock(db, request, clock.now()));
        if (typeof taken === "number") return taken;
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
      const { released, isFree } = await store.write((db) => {
        const released = releaseLock(db, release, clock.now());
        const isFree = released === true && heldRow(db, release.resource) === undefined;
        if (isFree) freeing(db, release.resource);
        return { released, isFree };
      });
      if (typeof released !== "boolean") throw heldBy(released.by);
      if (isFree) {
        bells.ring(release.resource);
        onFree(release.resource);
      }
      return released;
    },
  };
}

/** A lock that counts on this machine, as it stands in its database. */
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
    ...(ttl !== null && { ttlSeconds: ttl, expires: held_since + ttl * 1000 }),
    scope: "local",
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
