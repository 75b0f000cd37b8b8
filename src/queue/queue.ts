/** Operations as rows: submitted, claimed by one owner, ended once. Every write of an owner names its epoch. */
import type { Database } from "bun:sqlite";
import type { EventBody, OperationStatus, RollbackStatus } from "../core/events.ts";
import { problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Bindings, Store } from "../store/store.ts";
import addAttentionSql from "./add-attention.sql" with { type: "text" };
import awaitedSql from "./awaited.sql" with { type: "text" };
import { type Choice, type Chosen, type Claimant, claimNext, claimOne } from "./claim.ts";
import endSql from "./end.sql" with { type: "text" };
import endsBeforeSql from "./ends-before.sql" with { type: "text" };
import type { EventLog } from "./event-log.ts";
import eventTimesSql from "./event-times.sql" with { type: "text" };
import interruptSql from "./interrupt.sql" with { type: "text" };
import interruptedSinceSql from "./interrupted-since.sql" with { type: "text" };
import mayGoOnSql from "./may-go-on.sql" with { type: "text" };
import { openRequests } from "./requests.ts";
import requeueSql from "./requeue.sql" with { type: "text" };
import type { OperationRow, StepRow } from "./rows.ts";
import { insert, type Submission } from "./submission.ts";
import { openUpkeep } from "./upkeep.ts";
import { type GroupLimit, hasRoom, isFree, split, wakeFirst } from "./waiting.ts";
import waitingKeysSql from "./waiting-keys.sql" with { type: "text" };

export type { Claimant } from "./claim.ts";
export type { Submission } from "./submission.ts";

export type Claim = { id: string; epoch: number };

export type End = {
  status: "success" | "failed" | "cancelled";
  reason: string | null;
  error: string | null;
  failed_step: string | null;
  rollback: RollbackStatus;
  attention: string | null;
  duration_ms: number;
};

/** Why a holder stands back. `waitingFor`: a key that is woken (waiting.ts), at the latest at `wakeAt`. */
export type StandBack = { reason: string; waitingFor: string | null; wakeAt: number | null };

export type Queue = ReturnType<typeof openQueue>;

export type QueueOptions = { now: () => number; groupLimit: GroupLimit };

export function openQueue(store: Store, events: EventLog, { now, groupLimit }: QueueOptions) {
  /** In the transaction that frees its place, the next of its group is woken. */
  const leaveGroup = (db: Database, group: string | null) => {
    if (group !== null && hasRoom(db, group, groupLimit)) wakeFirst(db, `group:${group}`, 1);
  };

  return {
    ...openUpkeep(store, events, { now, groupLimit }),
    ...openRequests(store, events, { now, groupLimit }),

    /** How the latest ended operations of a template on a target ended, newest first. */
    endsBefore(template: string, target: string | null, limit: number): OperationStatus[] {
      return store.read
        .query<{ status: OperationStatus }, Bindings>(endsBeforeSql)
        .all({ template, target, limit })
        .map(({ status }) => status);
    },

    /**
     * All of them or none (J0), durable when it resolves. Answers with the operation that has the submission's key
     * already, where there is one (`isNew` false). Throws `key-used` when that was another request.
     */
    submit(submissions: readonly Submission[]): Promise<{ id: string; isNew: boolean }[]> {
      return events.transact(
        (db, tell) => submissions.map((submission) => insert(db, submission, now(), tell)),
        (accepted) => (accepted.some(({ isNew }) => isNew) ? "J0" : null),
      );
    },

    /** The operation that a step has begun already: it is carried on, not begun again. */
    child: (parent: string, step: string) =>
      store.read
        .query<OperationRow, [string, string]>("select * from operation where parent = ? and parent_step = ?")
        .get(parent, step),

    /** Operations that were to roll it back, the first one first. */
    rollbacksOf: (id: string) =>
      store.read
        .query<OperationRow, [string]>("select * from operation where rollback_of = ? order by sequence")
        .all(id),

    /** Operations that run within it. */
    children: (id: string) =>
      store.read.query<OperationRow, [string]>("select * from operation where parent = ? order by sequence").all(id),

    steps: (id: string) =>
      store.read.query<StepRow, [string]>("select * from step where operation = ? order by sequence").all(id),

    operation: (id: string) => store.read.query<OperationRow, [string]>("select * from operation where id = ?").get(id),

    /** A person should know this of it, whether or not it has ended. */
    addAttention(id: string, text: string): Promise<void> {
      return store.write((db) => {
        db.query<never, Bindings>(addAttentionSql).run({ id, text });
      });
    },

    /** When it was interrupted; null for one that is not. Milliseconds since 1970. */
    interruptedSince(id: string): number | null {
      return store.read.query<{ at: number | null }, [string]>(interruptedSinceSql).get(id)?.at ?? null;
    },

    /** Some operation waits for this: see waiting.ts. */
    isAwaited: (key: string): boolean => store.read.query(awaitedSql).get({ key }) !== null,

    /** Locks that operations wait for. */
    awaitedLocks: (): string[] =>
      store.read
        .query<{ waiting_for: string }, []>(waitingKeysSql)
        .all()
        .map(({ waiting_for: key }) => split(key))
        .flatMap(([kind, name]) => (kind === "lock" ? [name] : [])),

    /** Some operation has a step with this token. */
    hasStep: (token: string): boolean => store.read.query("select 1 from step where token = ?").get(token) !== null,

    /** Milliseconds in which it ran before it was claimed last; what it waited for in between does not count. */
    spentMs(id: string): number {
      const told = store.read.query<{ at: number; starts: number }, [string]>(eventTimesSql).all(id);
      return told.reduce(
        (spent, { at, starts }, index) => spent + (starts ? 0 : Math.max(0, at - (told[index - 1]?.at ?? at))),
        0,
      );
    },

    /** Something waits that needs neither a person nor the clock to go on. Null: of all. */
    mayGoOn: (ids: readonly string[] | null): boolean =>
      store.read.query(mayGoOnSql).get({ ids: ids && JSON.stringify(ids) }) !== null,

    /** J1, of whichever operation is next. */
    claimNext(choice: Omit<Choice, "now" | "groupLimit">): Promise<Chosen> {
      return events.transact(
        (db, tell) => claimNext(db, { ...choice, groupLimit, now: now() }, tell),
        (chosen) => (chosen.kind === "claimed" ? "J1" : null),
      );
    },

    /** J1, of a known one. Throws `busy` when the operation is not there to be claimed. */
    claim(id: string, claimant: Claimant): Promise<OperationRow> {
      return events.transact((db, tell) => {
        const row = claimOne(db, id, { claimant, now: now() }, tell);
        if (row) return row;
        throw problem({ kind: "busy", what: `operation ${id} is not waiting`, next: `Look: garza status ${id}` });
      }, "J1");
    },

    /** J6. */
    end(claim: Claim, { duration_ms, ...end }: End): Promise<void> {
      return events.transact((db, tell) => {
        leaveGroup(db, release(db, endSql, { ...claim, ...end, ended_at: now() }));
        tell(claim.id, { type: "operation-ended", duration_ms, ...end });
      }, "J6");
    },

    /** Nobody can tell what one of its steps did: a person has to look. */
    interrupt(claim: Claim, found: { reason: string; error: string; failed_step: string | null; attention: string }) {
      const ended = { status: "interrupted", rollback: "none", duration_ms: 0 } as const;
      return events.transact((db, tell) => {
        leaveGroup(db, release(db, interruptSql, { ...claim, ...found }));
        tell(claim.id, { type: "operation-ended", ...ended, ...found });
      });
    },

    /** Its holder stands back, between two steps or leaving one to its wrapper; it is carried on later. */
    standBack(claim: Claim, { reason, waitingFor, wakeAt }: StandBack): Promise<void> {
      const waiting_since = waitingFor === null ? null : now();
      const row = { ...claim, reason, waiting_for: waitingFor, waiting_since, wake_at: wakeAt };
      const event: EventBody =
        waitingFor === null
          ? { type: "operation-requeued", why: reason }
          : { type: "operation-waiting", for: waitingFor, until: wakeAt };
      return events.transact((db, tell) => {
        release(db, requeueSql, row);
        tell(claim.id, event);
        // The lock may have become free since it was found held, and nobody is told of that again.
        if (waitingFor !== null && isFree(db, waitingFor)) wakeFirst(db, waitingFor, 1);
      });
    },

    /** Rewrites the results of an ended operation's steps. */
    maskResults(id: string, mask: (result: Value) => Value): Promise<void> {
      return store.write((db) => {
        const rows = db.query<Pick<StepRow, "sequence" | "result">, [string]>(
          "select sequence, result from step where operation = ? and result is not null",
        );
        const rewrite = db.query("update step set result = ? where operation = ? and sequence = ?");
        for (const { sequence, result } of rows.all(id)) {
          rewrite.run(JSON.stringify(mask(JSON.parse(result ?? "null") as Value)), id, sequence);
        }
      });
    },
  };
}

/** Gives up a claim; its concurrency group. A holder that has lost its row must not write. */
function release(db: Database, sql: string, row: Claim & Bindings): string | null {
  const released = db.query<{ concurrency_group?: string | null }, Bindings>(sql).get(row);
  if (released) return released.concurrency_group ?? null;
  throw problem({ kind: "busy", what: `operation ${row.id} is no longer ours`, next: "Its holder carries on" });
}
