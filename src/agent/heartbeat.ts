/** What keeps the service manager at ease: a tick of the upkeep, and behind it an answer of the database. */
import type { Clock } from "../core/clock.ts";
import type { Stats } from "../queue/stats.ts";
import type { Store } from "../store/store.ts";
import type { Supervisor } from "./supervisor.ts";

export type HeartbeatRequest = {
  supervisor: Supervisor;
  store: Pick<Store, "write">;
  clock: Clock;
  counts(): Pick<Stats, "running" | "queued" | "interrupted">;
};

/** Of the time that the watchdog allows: so that one which is late harms nothing. */
const share = 1 / 4;

/** Returns what is to be called at every tick, with whether anything has happened since the last one. */
export function openHeartbeat({ supervisor, store, clock, counts }: HeartbeatRequest): (isChanged: boolean) => void {
  const { watchdogMs } = supervisor;
  let fed = Number.NEGATIVE_INFINITY;
  let isAsked = false;

  const ask = async () => {
    isAsked = true;
    // That it fails is an answer, too: a full disk is nothing that another process could do better with.
    await store.write(() => undefined).catch(() => undefined);
    isAsked = false;
    fed = clock.monotonic();
    supervisor.alive();
  };
  return (isChanged) => {
    if (isChanged) supervisor.status(statusText(counts()));
    if (watchdogMs !== null && !isAsked && clock.monotonic() - fed >= watchdogMs * share) void ask();
  };
}

export function statusText({ running, queued, interrupted }: ReturnType<HeartbeatRequest["counts"]>): string {
  const attention = interrupted > 0 ? `, ${interrupted} interrupted: garza status` : "";
  return `${running} running, ${queued} waiting${attention}`;
}
