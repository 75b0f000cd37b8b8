/** Time as a parameter: everything that looks at a clock or waits takes one of these. */
export type Clock = {
  /** Wall clock, integer milliseconds since 1970. For records and schedules. */
  now(): number;
  /** Monotonic milliseconds. For durations and deadlines within this process. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = alarm(ms, () => {
        signal?.removeEventListener("abort", wake);
        resolve();
      });
      const wake = () => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", wake, { once: true });
    }),
};

/** Rings once, in `ms`; returns what calls it off. A timer of the runtime holds 24 days at most, and rings at once for more. */
export function alarm(ms: number, ring: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const set = (left: number) => {
    timer = setTimeout(() => (left > longestTimer ? set(left - longestTimer) : ring()), Math.min(left, longestTimer));
  };
  set(ms);
  return () => clearTimeout(timer);
}

const longestTimer = 2 ** 31 - 1;
