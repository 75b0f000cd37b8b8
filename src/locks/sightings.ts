/**
 * Whether another machine's lock has run out. Its time is not believed: what counts is how long the very same commit
 * has been seen here, by a clock that runs on while the machine sleeps. Kept in a file, so that calls add up.
 */
import { uptime } from "node:os";
import { join } from "node:path";
import { makeFolder, readRegular, replaceFile } from "../core/files.ts";
import { bootId } from "../core/process/identity.ts";
import type { Known } from "./leases.ts";

export type Sightings = {
  /** Notes that these commits are there now: at once, where there are many. */
  note(all: readonly Known[]): void;
  /** Notes that this commit is there now, and says whether its lease is over. */
  look(known: Known): boolean;
  /** When it is over at the latest, as far as we can tell; milliseconds from now. */
  leftMs(known: Known): number;
};

/** Milliseconds. `grace`: for a holder that is just renewing. `skew`: how far the clocks of two machines may be apart. */
export type Patience = { graceMs: number; skewMs: number };

type Seen = { oid: string; boot: string /** Milliseconds since boot. */; at: number };

export function openSightings(
  folder: string,
  patience: () => Patience,
  {
    now,
    sinceBoot = () => uptime() * 1000,
    boot = bootId(),
  }: { now: () => number; sinceBoot?: () => number; boot?: string },
): Sightings {
  const file = join(folder, "seen.json");
  let all: Record<string, Seen> | undefined;

  const noted = ({ oid, text: { res } }: Known): Seen | undefined => {
    all ??= readSeen(file);
    const seen = Object.hasOwn(all, res) ? all[res] : undefined;
    return seen?.oid === oid && seen.boot === boot ? seen : undefined;
  };
  const note = (known: readonly Known[]): void => {
    const fresh = known
      .filter((each) => !noted(each))
      .map(({ oid, text }) => [text.res, { oid, boot, at: sinceBoot() }]);
    if (fresh.length === 0) return;
    // What another process has noted meanwhile is kept.
    all = { ...readSeen(file), ...Object.fromEntries(fresh) };
    makeFolder(folder);
    replaceFile(file, `${JSON.stringify(all)}\n`);
  };
  const leftMs = (known: Known): number => {
    const { ttl, ren } = known.text;
    const { graceMs, skewMs } = patience();
    note([known]);
    const byWatching = (noted(known)?.at ?? sinceBoot()) + ttl * 1000 + graceMs - sinceBoot();
    const byItsClock = Date.parse(ren) + ttl * 1000 + skewMs - now();
    return Math.max(0, Math.min(byWatching, byItsClock));
  };
  return { note, leftMs, look: (known) => leftMs(known) <= 0 };
}

/** A hint only: damaged, it is begun anew, and everything is watched for its whole time again. */
function readSeen(file: string): Record<string, Seen> {
  try {
    const read: unknown = JSON.parse(readRegular(file)?.text ?? "{}");
    return Object.fromEntries(Object.entries(read ?? {}).filter((entry): entry is [string, Seen] => isSeen(entry[1])));
  } catch {
    return {};
  }
}

const isSeen = (value: unknown): value is Seen => {
  const { oid, boot, at } = (value ?? {}) as Partial<Record<keyof Seen, unknown>>;
  return typeof oid === "string" && typeof boot === "string" && typeof at === "number";
};
