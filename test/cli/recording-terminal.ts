import type { KeyListener } from "../../src/cli/keys.ts";
import type { Signal, Sink, Terminal } from "../../src/cli/terminal.ts";
import type { Clock } from "../../src/core/clock.ts";

export type RecordingTerminal = Terminal & {
  printed(): string;
  told(): string;
  /** As if the terminal sent it. */
  signal(signal: Signal): void;
  /** As if somebody typed it. */
  press(key: string): void;
  /** Resolves once this has been told. */
  until(text: string): Promise<void>;
};

type Settings = {
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  answers?: string[];
  now?: number;
  clock?: Clock;
};

/** A terminal without a screen: what is written is kept, answers come from a list. */
export function recordingTerminal({
  env = {},
  cwd = "/",
  input = "",
  answers,
  now = 0,
  clock = stoppedClock(now),
}: Settings = {}): RecordingTerminal {
  const out: string[] = [];
  const err: string[] = [];
  const listeners = new Set<(signal: Signal) => void>();
  const typists = new Set<KeyListener>();
  const awaited: { text: string; tell: () => void }[] = [];
  const hear = () => {
    for (const { text, tell } of awaited) if (err.join("").includes(text)) tell();
  };
  const answer = async (question: string) => {
    err.push(question);
    return answers?.shift() ?? null;
  };
  return {
    env,
    cwd,
    platform: process.platform,
    clock,
    out: recordingSink(out),
    err: recordingSink(err, hear),
    interactive: answers !== undefined,
    ask: answer,
    askHidden: answer,
    readInput: async () => input,
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onKey(listener) {
      typists.add(listener);
      return () => typists.delete(listener);
    },
    until: (text) =>
      new Promise((tell) => {
        awaited.push({ text, tell });
        hear();
      }),
    printed: () => out.join(""),
    told: () => err.join(""),
    press: (key) => {
      for (const { pressed } of typists) pressed(key);
    },
    signal: (signal) => {
      for (const listener of listeners) listener(signal);
    },
  };
}

function recordingSink(texts: string[], hear = () => {}): Sink {
  return {
    stream: process.stderr,
    isTerminal: false,
    columns: () => 80,
    rows: () => 24,
    closed: () => false,
    write: (text) => {
      texts.push(text);
      hear();
    },
    drained: async () => {},
    onResize: () => () => {},
  };
}

const stoppedClock = (now: number): Clock => ({
  now: () => now,
  monotonic: () => now,
  sleep: () => Promise.resolve(),
});
