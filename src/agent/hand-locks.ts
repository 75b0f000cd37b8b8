/** Locks that a person takes and gives back: held by `user@machine`, as an operation holds its own. */
import type { Control } from "../api/control.ts";
import { describe } from "../core/problem.ts";
import type { Locks } from "../locks/locks.ts";

export function openHandLocks(locks: Locks): Pick<Control, "acquireLock" | "releaseLock"> {
  return {
    async acquireLock({ resource, by, reason, ttlSeconds, waitSeconds }) {
      const { signal } = new AbortController();
      await locks.acquire({
        ...{ resource, ttlSeconds, waitSeconds, signal },
        ...(reason !== undefined && { reason }),
        operation: by,
        within: [],
        operator: by,
        label: "by hand",
      });
      const holder = await locks.holder(resource);
      if (!holder) throw new Error(`lock ${resource} was had and is gone`);
      return holder;
    },

    async releaseLock({ resource, by, force }) {
      let was_held = true;
      if (force) await locks.takeAway({ resource, mark: force.mark, by, why: force.reason });
      else was_held = await locks.release({ resource, operation: by, force: false, all: true });
      const owed = await locks.settled();
      return { was_held, owed: owed && describe(owed) };
    },
  };
}
