/** At most so many at once; the others wait their turn. */
export type Gate = {
  /** Resolves with what lets the next one in; rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<() => void>;
};

export function openGate(limit: () => number): Gate {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const letIn = () => {
    while (inside < limit() && waiting.length > 0) {
      inside++;
      waiting.shift()?.();
    }
  };
  return {
    async enter(signal) {
      signal.throwIfAborted();
      const turn = Promise.withResolvers<void>();
      const leaveQueue = () => {
        const at = waiting.indexOf(turn.resolve);
        if (at < 0) return;
        waiting.splice(at, 1);
        turn.reject(signal.reason);
      };
      waiting.push(turn.resolve);
      signal.addEventListener("abort", leaveQueue, { once: true });
      letIn();
      try {
        await turn.promise;
      } finally {
        signal.removeEventListener("abort", leaveQueue);
      }
      let isInside = true;
      return () => {
        if (!isInside) return;
        isInside = false;
        inside--;
        letIn();
      };
    },
  };
}
