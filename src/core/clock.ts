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
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", wake);
        resolve();
      }, ms);
      const wake = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", wake, { once: true });
    }),
};
