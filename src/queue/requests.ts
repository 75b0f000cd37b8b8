/** What people ask of operations that are in the queue already. */
import type { Database } from "bun:sqlite";
import { problem } from "../core/problem.ts";
import type { Bindings, Store } from "../store/store.ts";
import endWaitingSql from "./end-waiting.sql" with { type: "text" };
import type { EventLog } from "./event-log.ts";
import pauseTemplateSql from "./pause-template.sql" with { type: "text" };
import requestCancelSql from "./request-cancel.sql" with { type: "text" };
import resumeSql from "./resume.sql" with { type: "text" };
import { nothingDone } from "./upkeep.ts";
import { type GroupLimit, wakeAll, wakeFirst } from "./waiting.ts";

export type PauseRow = { template: string; by: string; since: number; reason: string | null };

export function openRequests(
  store: Store,
  events: EventLog,
  { now, groupLimit }: { now: () => number; groupLimit: GroupLimit },
) {
  return {
    /**
     * Recorded before it is acted on; the first who asks is kept. True: it had not begun, and has ended by this.
     * Throws `busy` for one that has ended.
     */
    requestCancel(id: string, by: string): Promise<boolean> {
      return events.transact((db, tell) => {
        tell(id, { type: "cancel-requested", by });
        const end = { status: "cancelled", reason: "cancelled", error: `cancelled by ${by}` } as const;
        if (db.query(endWaitingSql).get({ id, ...end, cancel_by: by, ended_at: now() })) {
          tell(id, { type: "operation-ended", ...end, ...nothingDone });
          wakeAll(db, groupLimit);
          return true;
        }
        if (!db.query(requestCancelSql).get({ id, by })) throw hasEnded(db, id);
        return false;
      });
    },

    /** An interrupted operation goes back into the queue. Throws `busy` where there is nothing to carry on. */
    resume(id: string, by: string): Promise<void> {
      return events.transact((db, tell) => {
        if (!db.query<{ id: string }, Bindings>(resumeSql).get({ id })) throw notInterrupted(db, id);
        tell(id, { type: "operation-requeued", why: "resumed", by });
      });
    },

    /** `''`: the whole queue. What runs goes on. */
    pause(pause: PauseRow): Promise<void> {
      return store.write((db) => {
        db.query("insert or replace into pause values ($template, $by, $since, $reason)").run({ ...pause });
        if (pause.template === "") return;
        const waiting_for = `pause:${pause.template}`;
        db.query<never, Bindings>(pauseTemplateSql).run({ template: pause.template, waiting_for, now: now() });
      });
    },

    /** False: it was not paused. */
    unpause(template: string): Promise<boolean> {
      return store.write((db) => {
        const { changes } = db.query("delete from pause where template = ?").run(template);
        wakeFirst(db, `pause:${template}`, -1);
        return changes > 0;
      });
    },
  };
}

type Told = { status: string; parent: string | null };
const told = (db: Database, id: string) =>
  db.query<Told, [string]>("select status, parent from operation where id = ?").get(id);

function hasEnded(db: Database, id: string) {
  const row = told(db, id);
  if (!row) return problem({ kind: "operation-unknown", id });
  return problem({
    kind: "busy",
    what: `operation ${id} has ended already (${row.status})`,
    next: `Look: garza status ${id}`,
  });
}

function notInterrupted(db: Database, id: string) {
  const row = told(db, id);
  if (!row) return problem({ kind: "operation-unknown", id });
  const { status, parent } = row;
  if (parent !== null)
    return problem({ kind: "busy", what: `${id} runs within ${parent}`, next: `garza queue resume ${parent}` });
  const hasEnded = status !== "queued" && status !== "running";
  return problem({
    kind: "busy",
    what: `operation ${id} is ${status}, not interrupted`,
    next: hasEnded ? `Run it again: garza queue retry ${id}` : `Look: garza status ${id}`,
  });
}
