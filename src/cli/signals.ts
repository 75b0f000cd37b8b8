import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

export type Signals = {
  /** Aborted by the first Ctrl-C or SIGTERM. */
  cancel: AbortSignal;
  /** Aborted by the first signal, whichever it is: nothing runs yet that would have to be cancelled. */
  any: AbortSignal;
  /** Resolves at the second one, or when the terminal goes away. */
  left: Promise<void>;
  release(): void;
};

export function heedSignals(terminal: Terminal, view: View): Signals {
  const any = new AbortController();
  const cancel = new AbortController();
  const left = Promise.withResolvers<void>();
  const release = terminal.onSignal((signal) => {
    any.abort();
    if (signal === "SIGHUP" || cancel.signal.aborted) return left.resolve();
    cancel.abort();
    view.note("cancelling: what was done is rolled back. Ctrl-C again leaves at once");
  });
  return { any: any.signal, cancel: cancel.signal, left: left.promise, release };
}
