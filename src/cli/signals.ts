import type { Terminal } from "./terminal.ts";

export type SignalWishes = {
  /** Ctrl-C for the first time. */
  interrupt(): void;
  /** Ctrl-C once more. */
  leave(): void;
  /** The terminal has gone away; by default the same as `leave`. */
  hangUp?(): void;
  terminate(): void;
};

/** Returns what gives the signals their usual effect back. */
export function heedSignals(
  terminal: Terminal,
  { interrupt, leave, hangUp = leave, terminate }: SignalWishes,
): () => void {
  let interrupts = 0;
  return terminal.onSignal((signal) => {
    if (signal === "SIGHUP") hangUp();
    else if (signal === "SIGTERM") terminate();
    else if (++interrupts === 1) interrupt();
    else leave();
  });
}
