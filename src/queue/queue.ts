/** Operations as rows: submitted, claimed by one owner, ended once. Every write of an owner names its epoch. */
import type { OperationStatus, RollbackStatus } from "../core/events.ts";
import { problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { type Bindings, changeOne, type Store } from "../store/store.ts";
import claimSql from "./claim-one.sql" with { type: "text" };
import endSql from "./end.sql" with { type: "text" };
import endsBeforeSql from "./ends-before.sql" with { type: "text" };
import type { EventLog } from "./event-log.ts";
import interruptSql from "./interrupt.sql" with { type: "text" };
import requestCancelSql from "./request-cancel.sql" with { type: "text" };
import type { OperationRow, StepRow } from "./rows.ts";
import submitSql from "./submit.sql" with { type: "text" };

export type Submission = Pick<
  OperationRow,
  | "id"
  | "template"
  | "name"
  | "type"
  | "template_text"
  | "template_hash"
  | "attached"
  | "parameters"
  | "target"
  | "parent"
  | "parent_step"
  | "asked_by"
  | "priority"
> &
  Partial<Pick<OperationRow, "retry_of" | "idempotency_key" | "not_before" | "not_after">>;

/** The process that claims: kept as JSON in `operation.owner`. */
export type Claimant = { machine: string; boot: string; instance: string; pid: number };

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

export type Queue = ReturnType<typeof openQueue>;

export function openQueue(store: Store, events: EventLog, now: () => number) {
  return {
    /** How the latest ended operations of a template on a target ended, newest first. */
    endsBefore(template: string, target: string | null, limit: number): OperationStatus[] {
      return store.read
        .query<{ status: OperationStatus }, Bindings>(endsBeforeSql)
        .all({ template, target, limit })
        .map(({ status }) => status);
    },

    /** Resolves once the operation is durable (J0). */
    submit(submission: Submission): Promise<void> {
      const { id, template, priority } = submission;
      const optional = { retry_of: null, idempotency_key: null, not_before: null, not_after: null };
      return events.record(
        id,
        [{ type: "operation-queued", template, priority }],
        (db) => {
          db.query<never, Bindings>(submitSql).run({ ...optional, ...submission, queued_at: now() });
        },
        "J0",
      );
    },

    /** The operation that was submitted with this key. Throws `key-used` when it was another request. */
    withKey({ idempotency_key: key, template_hash, parameters }: Submission): OperationRow | null {
      if (key === undefined || key === null) return null;
      const row = store.read
        .query<OperationRow, [string]>("select * from operation where idempotency_key = ?")
        .get(key);
      if (row && (row.template_hash !== template_hash || row.parameters !== parameters)) {
        throw problem({ kind: "key-used", key, operation: row.id });
      }
      return row;
    },

    /** The operation that a step has begun already: it is carried on, not begun again. */
    child: (parent: string, step: string) =>
      store.read
        .query<OperationRow, [string, string]>("select * from operation where parent = ? and parent_step = ?")
        .get(parent, step),

    steps: (id: string) =>
      store.read.query<StepRow, [string]>("select * from step where operation = ? order by sequence").all(id),

    operation: (id: string) => store.read.query<OperationRow, [string]>("select * from operation where id = ?").get(id),

    /** J1. Throws `busy` when the operation is not there to be claimed. */
    claim(operation: Pick<OperationRow, "id" | "template" | "name" | "parent">, claimant: Claimant): Promise<Claim> {
      const { id, template, name, parent } = operation;
      return events.record(
        id,
        [{ type: "operation-started", template, name, parent }],
        (db) => {
          const row = db
            .query<{ epoch: number }, { id: string; owner: string; now: number }>(claimSql)
            .get({ id, owner: JSON.stringify(claimant), now: now() });
          if (!row)
            throw problem({ kind: "busy", what: `operation ${id} is not waiting`, next: `Look: garza status ${id}` });
          return { id, epoch: row.epoch };
        },
        "J1",
      );
    },

    /** J6. */
    end(claim: Claim, { duration_ms, ...end }: End): Promise<void> {
      return events.record(
        claim.id,
        [{ type: "operation-ended", duration_ms, ...end }],
        (db) => {
          changeOne(db, endSql, { ...claim, ...end, ended_at: now() }, `operation ${claim.id}`);
        },
        "J6",
      );
    },

    /** Its process died in the middle of a step: a person has to look. */
    interrupt(claim: Claim, found: { reason: string; error: string; failed_step: string | null; attention: string }) {
      const event = {
        type: "operation-ended",
        status: "interrupted",
        rollback: "none",
        duration_ms: 0,
        ...found,
      } as const;
      return events.record(claim.id, [event], (db) => {
        changeOne(db, interruptSql, { ...claim, ...found }, `operation ${claim.id}`);
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

    /** Recorded before it is acted on; the first who asks is kept. */
    requestCancel(id: string, by: string): Promise<void> {
      return events.record(id, [{ type: "cancel-requested", by }], (db) => {
        changeOne(db, requestCancelSql, { id, by }, `operation ${id}`);
      });
    },
  };
}
