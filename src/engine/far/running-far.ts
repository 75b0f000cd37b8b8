/** What one process on another host needs to be run, found again and stopped; and what is noted of it here. */
import type { Clock } from "../../core/clock.ts";
import type { Mapping } from "../../core/value.ts";
import type { Connections } from "../../hosts/connection.ts";
import type { FarStart } from "../../hosts/far/far-process.ts";
import { readNote, writeNote } from "../process-record.ts";
import type { Running } from "../run-process.ts";

export type RunningFar = Pick<
  Running,
  "name" | "folder" | "out" | "err" | "signal" | "timeoutMs" | "stepLimit" | "graceMs" | "boot" | "mayRepeat" | "warn"
> & {
  connections: Connections;
  clock: Clock;
  host: string;
  /** Who to log in as. */
  user: string | undefined;
  /** Who it runs as, by sudo. */
  become: string | undefined;
  start: FarStart;
  /** Milliseconds since 1970: how long it may run on without us, as it stands now; undefined: as long as it takes. */
  until?: (() => number | undefined) | undefined;
  onStart(handle: Mapping): Promise<void>;
  say(text: string): void;
};

/** Seconds from now: that machine has its own clock. */
export function untilSeconds({ until, clock }: RunningFar): number | undefined {
  const limit = until?.();
  return limit === undefined ? undefined : Math.max(0, (limit - clock.now()) / 1000);
}

/**
 * Before anything is sent. `place`: which machine it was, as it says of itself, empty where that is not known.
 * `isPlain`: without a wrapper.
 */
export type FarNote = { host: string; user?: string | undefined; place: string; isPlain?: boolean };

export function noteFar(folder: string, { host, user }: RunningFar, more: Pick<FarNote, "place" | "isPlain">): void {
  writeNote(folder, noteName, JSON.stringify({ host, user, ...more } satisfies FarNote));
}

/** Undefined: the process of this folder is a local one. */
export function readFar(folder: string): FarNote | undefined {
  const text = readNote(folder, noteName);
  return text === "" ? undefined : (JSON.parse(text) as FarNote);
}

const noteName = "far";
