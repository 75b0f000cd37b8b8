/** Several ways at the same goal: the next one begins when the one before has failed, or has had its head start. */
import type { Clock } from "../core/clock.ts";

export type Attempt<Result> = { run(signal: AbortSignal): Promise<Result> };

export type Race<Result> = {
  headStartMs: number;
  clock: Clock;
  signal: AbortSignal;
  /** Hears of each that failed, before the next one begins. True: none of the others may win either. */
  onFailure(at: number, thrown: unknown): boolean;
  /** Gets what came in behind the winner. */
  discard(late: Result): void;
};

/** The first that succeeds, with its number. Rejects with the last failure, the one that forbids the others, or the signal's reason. */
export async function race<Result>(attempts: readonly Attempt<Result>[], how: Race<Result>): Promise<[Result, number]> {
  const { headStartMs, clock, signal, onFailure, discard } = how;
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const won = Promise.withResolvers<[Result, number]>();
  won.promise.catch(() => {});
  let running = 0;
  const begin = async (at: number): Promise<void> => {
    const attempt = attempts[at];
    if (!attempt) return;
    running++;
    try {
      const result = await attempt.run(stop);
      if (over.signal.aborted) return discard(result);
      won.resolve([result, at]);
      over.abort();
    } catch (thrown) {
      if (over.signal.aborted) return;
      if (onFailure(at, thrown) || signal.aborted) {
        won.reject(signal.aborted ? signal.reason : thrown);
        over.abort();
      } else if (running === 1 && begun === attempts.length) {
        won.reject(thrown);
      }
    } finally {
      running--;
    }
  };
  let begun = 0;
  try {
    while (begun < attempts.length && !stop.aborted) {
      const ended = begin(begun++);
      if (begun < attempts.length) {
        const awake = new AbortController();
        const asleep = clock.sleep(headStartMs, AbortSignal.any([stop, awake.signal])).catch(() => {});
        await Promise.race([ended, asleep]);
        awake.abort();
      }
    }
    return await won.promise;
  } finally {
    over.abort();
  }
}
