/** What keeps the queue going by itself: waking, expiring, taking over from a process that died, forgetting the old. */
import type { Database } from "bun:sqlite";
import type { Bindings, Store } from "../store/store.ts";
import endWaitingSql from "./end-waiting.sql" with { type: "text" };
import type { EventLog } from "./event-log.ts";
import expiredSql from "./expired.sql" with { type: "text" };
import nextWakeSql from "./next-wake.sql" with { type: "text" };
import { prune } from "./prune.ts";
import { takeOver } from "./take-over.ts";
import { type GroupLimit, wakeAll, wakeDue, wakeFirst } from "./waiting.ts";

export function openUpkeep(
  store: Store,
  events: EventLog,
  { now, groupLimit }: { now: () => number; groupLimit: GroupLimit },
) {
  return {
    /** The thing has come that the key stands for: the most urgent one of those who wait for it goes on. */
    wake: (key: string): Promise<void> => store.write((db) => wakeFirst(db, key, 1)),

    /** Looks at everything that is waited for. */
    async wakeAll(): Promise<void> {
      if (anyWaits(store.read)) await store.write((db) => wakeAll(db, groupLimit));
    },

    /** Wakes whose time has come, and ends (as `failed (expired)`) who was not begun in time: those ids. */
    passTime(): Promise<string[]> {
      return events.transact((db, tell) => {
        wakeDue(db, now());
        const late = db.query<{ id: string; not_after: number }, Bindings>(expiredSql).all({ now: now() });
        for (const { id, not_after } of late) {
          const error = `it was not begun before ${new Date(not_after).toISOString()}`;
          const end = { status: "failed", reason: "expired", error } as const;
          db.query(endWaitingSql).run({ id, ...end, cancel_by: null, ended_at: now() });
          tell(id, { type: "operation-ended", ...end, ...nothingDone });
        }
        if (late.length > 0) wakeAll(db, groupLimit);
        return late.map(({ id }) => id);
      });
    },

    /** When time will matter next (milliseconds since 1970); null: never. */
    nextTime: (): number | null => store.read.query<{ at: number | null }, []>(nextWakeSql).get()?.at ?? null,

    /** Operations that a dead process left running go back into the queue, to be carried on: their ids. */
    async takeOver(boot: string): Promise<string[]> {
      return anyRunning(store.read) ? events.transact((db, tell) => takeOver(db, boot, tell)) : [];
    },

    /** Forgets a few ended operations, with those nested in them: all their ids, none when there is nothing to do. */
    prune: (keep: { since: number; count: number }): Promise<string[]> => store.write((db) => prune(db, keep)),
  };
}

const anyWaits = (db: Database) =>
  db
    .query(
      "select 1 from operation indexed by operation_waiting where status = 'queued' and waiting_for is not null and parent is null limit 1",
    )
    .get();
const anyRunning = (db: Database) => db.query("select 1 from operation where status = 'running' limit 1").get();

/** The rest of the end of an operation that was never begun. */
export const nothingDone = { failed_step: null, rollback: "none", attention: null, duration_ms: 0 } as const;
