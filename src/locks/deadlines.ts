/** Until when we may work under the leases that we have. Counted from when the push was sent, not from its answer. */
import type { Clock } from "../core/clock.ts";

export type Deadlines = {
  /** `sentAt`: see `moment`. */
  set(resource: string, sentAt: Moment, ttlSeconds: number): void;
  clear(resource: string): void;
  /** Milliseconds until nothing more may be done; undefined where we have no lease. */
  leftMs(resource: string): number | undefined;
  /** The same as milliseconds since 1970. */
  until(resource: string): number | undefined;
  /** Milliseconds until it should be renewed. */
  dueMs(resource: string): number | undefined;
};

/** A machine that slept, or whose clock was set, has the longer of two times behind it. */
export type Moment = { wall: number; monotonic: number };

export const moment = (clock: Clock): Moment => ({ wall: clock.now(), monotonic: clock.monotonic() });

/** We stop well before others may begin. */
const usable = 2 / 3;
const renewAfter = 1 / 3;

export function openDeadlines(clock: Clock): Deadlines {
  const leases = new Map<string, { sentAt: Moment; ttlMs: number }>();
  const leftOf = (resource: string, share: number): number | undefined => {
    const lease = leases.get(resource);
    if (!lease) return undefined;
    const { wall, monotonic } = lease.sentAt;
    const elapsed = Math.max(clock.now() - wall, clock.monotonic() - monotonic);
    return lease.ttlMs * share - elapsed;
  };
  return {
    set(resource, sentAt, ttlSeconds) {
      leases.set(resource, { sentAt, ttlMs: ttlSeconds * 1000 });
    },
    clear: (resource) => void leases.delete(resource),
    leftMs: (resource) => leftOf(resource, usable),
    until(resource) {
      const left = leftOf(resource, usable);
      return left === undefined ? undefined : clock.now() + left;
    },
    dueMs: (resource) => leftOf(resource, renewAfter),
  };
}
