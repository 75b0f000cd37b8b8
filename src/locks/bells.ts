import type { Clock } from "../core/clock.ts";

/** Sleeps that can be cut short by name: who waits for a lock should not wait out a poll interval. */
export type Bells = {
  /** Wakes those who sleep under this name, in the order in which they lay down. */
  ring(name: string): void;
  /** Resolves when rung or after `ms`; rejects with the signal's reason. No ring after the call is missed. */
  sleep(name: string, ms: number, signal: AbortSignal): Promise<void>;
};

export function openBells(clock: Clock): Bells {
  const sleepers = new Map<string, Set<AbortController>>();
  return {
    ring(name) {
      for (const sleeper of sleepers.get(name) ?? []) sleeper.abort();
    },
    async sleep(name, ms, signal) {
      const sleeper = new AbortController();
      const beside = sleepers.get(name) ?? new Set();
      sleepers.set(name, beside.add(sleeper));
      try {
        await clock.sleep(ms, AbortSignal.any([signal, sleeper.signal]));
      } catch (cause) {
        if (signal.aborted || !sleeper.signal.aborted) throw cause;
      } finally {
        beside.delete(sleeper);
        if (beside.size === 0) sleepers.delete(name);
      }
    },
  };
}
