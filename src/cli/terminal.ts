/** What a command sees of the world it was started in. Made once, in main; tests make their own. */
import { type Clock, systemClock } from "../core/clock.ts";
import { translate } from "../core/files.ts";
import type { Env } from "../core/places.ts";
import { type KeyListener, listenToKeys } from "./keys.ts";

/** Where text goes. Once the reader has gone (`| head`) writing does nothing. */
export type Sink = {
  write(text: string): void;
  isTerminal: boolean;
  columns(): number;
  rows(): number;
  /** True once the reader has gone. */
  closed(): boolean;
  /** Resolves when everything written has been taken. Throws `storage-full`, `input-output`. */
  drained(): Promise<void>;
  onResize(listener: () => void): () => void;
  /** What the live view's library writes to. */
  stream: NodeJS.WriteStream;
};

export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

export type Terminal = {
  env: Env;
  cwd: string;
  platform: string;
  clock: Clock;
  /** Data. */
  out: Sink;
  /** Progress and problems. */
  err: Sink;
  /** A person sits at the other end and can answer. */
  interactive: boolean;
  /** The line that was typed; null at the end of input, and when the signal withdraws the question. */
  ask(question: string, signal?: AbortSignal): Promise<string | null>;
  /** The same without showing it. */
  askHidden(question: string): Promise<string | null>;
  /** Standard input to its end. */
  readInput(): Promise<string>;
  /** Calls the listener in place of the signal's usual effect, until the returned function is called. */
  onSignal(listener: (signal: Signal) => void): () => void;
  /** Tells of each key, until the returned function is called. Of none where no person types. */
  onKey(listener: KeyListener): () => void;
};

export function openTerminal(env: Env, cwd: string): Terminal {
  return {
    env,
    cwd,
    platform: process.platform,
    clock: systemClock,
    out: openSink(process.stdout, "standard output"),
    err: openSink(process.stderr, "standard error"),
    // Opening standard input takes milliseconds, and few commands ask.
    get interactive() {
      return Boolean(process.stdin.isTTY && process.stderr.isTTY);
    },
    ask,
    askHidden,
    readInput: () => Bun.stdin.text(),
    onSignal,
    onKey: (listener) => listenToKeys(process.stdin, listener),
  };
}

function openSink(stream: NodeJS.WriteStream, what: string): Sink {
  let gone = false;
  let failure: NodeJS.ErrnoException | undefined;
  const pending = new Set<Promise<void>>();
  stream.on("error", (cause: NodeJS.ErrnoException) => {
    gone = true;
    // A reader that left had what it wanted; a full disk behind `> file` must not pass unseen.
    if (cause.code !== "EPIPE") failure ??= cause;
  });
  return {
    stream,
    isTerminal: Boolean(stream.isTTY),
    columns: () => stream.columns ?? 80,
    rows: () => stream.rows ?? 24,
    closed: () => gone,
    write(text) {
      if (gone) return;
      // Only its own callback tells that a text was taken: one for a later empty text comes before it.
      const taken = new Promise<void>((resolve) => stream.write(text, () => resolve())).then(() => {
        pending.delete(taken);
      });
      pending.add(taken);
    },
    async drained() {
      await Promise.all(pending);
      // The error of a write is told just after its callback.
      await new Promise((resolve) => setImmediate(resolve));
      if (failure) throw translate(failure, what);
    },
    onResize(listener) {
      stream.on("resize", listener);
      return () => stream.off("resize", listener);
    },
  };
}

async function ask(question: string, signal?: AbortSignal): Promise<string | null> {
  process.stderr.write(question);
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, terminal: false, ...(signal && { signal }) });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("close", () => resolve(null));
  });
}

/** Reads key by key, so that nothing is echoed; the mode is put back however it ends. */
function askHidden(question: string): Promise<string | null> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding("utf8");
  return new Promise((resolve) => {
    let typed = "";
    const finish = (answer: string | null) => {
      stdin.off("data", take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      resolve(answer);
    };
    const take = (keys: string) => {
      for (const key of keys) {
        if (key === "\r" || key === "\n") return finish(typed);
        if (key === "\u0003" || (key === "\u0004" && typed === "")) return finish(null);
        typed = key === "\u007f" || key === "\b" ? [...typed].slice(0, -1).join("") : typed + key;
      }
    };
    stdin.on("data", take);
  });
}

function onSignal(listener: (signal: Signal) => void): () => void {
  const signals: Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = signals.map((signal) => ({ signal, hear: () => listener(signal) }));
  for (const { signal, hear } of listeners) process.on(signal, hear);
  return () => {
    for (const { signal, hear } of listeners) process.off(signal, hear);
  };
}
