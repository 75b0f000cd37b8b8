import { systemClock } from "../../src/core/clock.ts";
import { openDeadlines } from "../../src/locks/deadlines.ts";
import type { Locks } from "../../src/locks/locks.ts";
import { openLocks } from "../../src/locks/open-locks.ts";
import type { Store } from "../../src/store/store.ts";

/** Locks of a root without a remote. */
export function locksHere(db: Store, root: string, warn: (text: string) => void = () => {}): Locks {
  return openLocks({
    db,
    root,
    clock: systemClock,
    sharing: async () => undefined,
    deadlines: openDeadlines(systemClock),
    machine: { id: "m1", host: "m1" },
    ttlSeconds: () => 600,
    isAwaited: () => false,
    isKept: () => true,
    warn,
  });
}
