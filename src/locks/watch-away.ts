/** Looks after locks that other machines have and somebody here waits for: one look for all of them, less and less often. */
import type { Clock } from "../core/clock.ts";
import { GarzaError } from "../core/problem.ts";
import { putLease } from "./leases.ts";
import { fetchWithFiles } from "./legacy.ts";
import { lockRef, seenIn } from "./lock-refs.ts";
import type { Sharing } from "./sharing.ts";

export type AwayWatch = {
  /** From now on this one is looked after, as long as it is wanted. */
  add(resource: string): void;
  end(): void;
};

export type AwayWatchRequest = {
  sharing: () => Promise<Sharing | undefined>;
  /** Somebody here waits for it. */
  isWanted(resource: string): boolean;
  /** It may be had now. */
  onFree(resource: string): void;
  clock: Clock;
};

const firstPauseMs = 250;
const settlesMs = 2_000;

export function watchAway({ sharing, isWanted, onFree, clock }: AwayWatchRequest): AwayWatch {
  /** When it was added: whoever asked for it may be just about to lie down for it. */
  const watched = new Map<string, number>();
  const ended = new AbortController();
  let pause = firstPauseMs;
  /** GitHub counts reads and pushes. */
  let longestPauseMs = 5_000;
  let running = false;

  const run = async () => {
    while (watched.size > 0 && !ended.signal.aborted) {
      // Half of it by chance: machines that were told at the same time don't ask at the same time.
      await clock.sleep(pause * (0.5 + Math.random() / 2), ended.signal);
      pause = Math.min(longestPauseMs, pause * 1.5);
      // What can't be looked at now, for whatever reason, may be the next time: those who wait are not left alone.
      await lookOnce().catch(nothingWhereAway);
    }
  };

  const lookOnce = async () => {
    const found = await sharing();
    if (!found) return setFree([...watched.keys()]);
    if (/\bgithub\.com\b/.test(found.store.remote.url)) longestPauseMs = 15_000;
    for (const [resource, added] of watched) {
      if (isWanted(resource) || clock.monotonic() - added < settlesMs) continue;
      watched.delete(resource);
      await found.tickets.tearUp(found.store, resource);
    }
    if (watched.size > 0) await look(found, [...watched.keys()]);
  };

  const setFree = (resources: readonly string[]) => {
    for (const resource of resources) {
      watched.delete(resource);
      onFree(resource);
    }
  };

  const look = async (found: Sharing, resources: string[]) => {
    const { store } = found;
    const own = resources.map((resource) => lockRef(store, resource));
    const { refs, files } = await fetchWithFiles(found, own);
    for (const resource of resources) {
      const seen = seenIn(store, refs, resource);
      const isHeld = seen !== null && "text" in seen && seen.text.st === "held" && !found.sightings.look(seen);
      const isAway = isHeld || files.some(({ text }) => text.res === resource);
      if (isAway) {
        // Not for who only asked, and went away.
        if (isWanted(resource)) await found.tickets.draw(found.store, resource);
        continue;
      }
      // Its own turn: who is just taking it knows better.
      await found.turns.take([resource], () =>
        found.db.write((db) => {
          const before = db
            .query<{ status: string }, [string]>("select status from lease where resource = ?")
            .get(resource);
          if (before?.status !== "away") return;
          const known = seen && "text" in seen ? seen : null;
          putLease(db, { resource, status: "free", owner: null, known, ours: false });
        }),
      );
      setFree([resource]);
    }
  };

  const start = async () => {
    if (running) return;
    running = true;
    try {
      await run();
    } catch (thrown) {
      if (!ended.signal.aborted) throw thrown;
    } finally {
      running = false;
    }
    // Added in the moment in which it had nothing left to look after.
    if (watched.size > 0 && !ended.signal.aborted) void start();
  };

  return {
    add(resource) {
      watched.set(resource, clock.monotonic());
      pause = firstPauseMs;
      void start();
    },
    end: () => ended.abort(),
  };
}

/** Unreachable for now: the next look may find it. */
function nothingWhereAway(thrown: unknown): undefined {
  if (!(thrown instanceof GarzaError)) throw thrown;
}
