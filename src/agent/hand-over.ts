/** From several givers to one taker, who sets the pace: whoever gives waits until it is taken. */
export type HandOver<T> = {
  /** Rejects with the signal's reason once nobody takes any more. */
  put(value: T): Promise<void>;
  /** Nothing more will come; what was thrown comes out at the taker's. */
  end(thrown?: unknown): void;
  taken(): AsyncGenerator<T>;
};

export function openHandOver<T>(signal: AbortSignal): HandOver<T> {
  let waiting: { value: T; go: () => void }[] = [];
  let bell = Promise.withResolvers<void>();
  let ended: { thrown: unknown } | undefined;
  const leave = () => {
    for (const { go } of waiting) go();
    waiting = [];
    bell.resolve();
  };
  signal.addEventListener("abort", leave, { once: true });
  return {
    async put(value) {
      signal.throwIfAborted();
      await new Promise<void>((go) => {
        waiting.push({ value, go });
        bell.resolve();
      });
      signal.throwIfAborted();
    },
    end(thrown) {
      ended = { thrown };
      bell.resolve();
    },
    async *taken() {
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next) {
          yield next.value;
          next.go();
        } else if (ended) {
          if (ended.thrown !== undefined) throw ended.thrown;
          return;
        } else {
          await bell.promise;
          bell = Promise.withResolvers<void>();
        }
      }
    },
  };
}
