import type { Terminal } from "./terminal.ts";

export type SignalWishes = {
  /** Ctrl-C for the first time. */
  interrupt(): void;
  /** Ctrl-C once more, or the terminal has gone away. */
  leave(): void;
  terminate(): void;
};

/** Returns what gives the signals their usual effect back. */
export function heedSignals(terminal: Terminal, { interrupt, leave, terminate }: SignalWishes): () => void {
  let interrupts = 0;
  return terminal.onSignal((signal) => {
    if (signal === "SIGHUP") leave();
    else if (signal === "SIGTERM") terminate();
    else if (++interrupts === 1) interrupt();
    else leave();
  });
}
