/**
 * The durable record of steps: intent before (J2), handle once its process has started (J3), result
 * after (J5). Each write carries the event that reports it, and is masked before it gets here.
 */
import type { Database } from "bun:sqlite";
import type { EventBody, StepPhase, StepStatus } from "../../core/events.ts";
import { stepToken } from "../../core/ids.ts";
import type { Mapping, Value } from "../../core/value.ts";
import type { EventLog } from "../../queue/event-log.ts";
import { type Bindings, changeOne } from "../../store/store.ts";
import finishSql from "./finish-step.sql" with { type: "text" };
import forgetResultsSql from "./forget-results.sql" with { type: "text" };
import noteHandleSql from "./note-handle.sql" with { type: "text" };
import skipSql from "./skip-step.sql" with { type: "text" };
import startSql from "./start-step.sql" with { type: "text" };

export type StepIdentity = {
  operation: string;
  key: string;
  name: string;
  step_type: string;
  phase: StepPhase;
  parent: string | null;
};

/** One attempt's row. */
export type Attempt = StepIdentity & {
  sequence: number;
  attempt: number;
  token: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Taken up from an earlier process: the boot it was begun in. What a power cut may have lost proves nothing. */
  boot?: string;
};

export type StepResult = {
  status: Exclude<StepStatus, "running" | "unknown">;
  value: Value;
  error: string | null;
  /** Fields of `steps.<name>` besides status and value. */
  record: Mapping;
  /** Names it set, `output` included. */
  sets: Mapping;
  duration_ms: number;
  /** True: another attempt follows. */
  retried: boolean;
  /** The operation ended here. */
  exit: { status: "success" | "failed"; message: string } | null;
};

export type Journal = ReturnType<typeof openJournal>;

export function openJournal(events: EventLog, now: () => number) {
  return {
    /** J2: after this, a crash leaves a row that says what was about to be done. */
    async start(step: StepIdentity, attempt: number, intent: Mapping, description: string | null): Promise<Attempt> {
      const token = stepToken();
      const startedAt = now();
      const { operation, ...said } = step;
      const sequence = await events.record<number>(
        operation,
        (row) => [{ type: "step-started", ...said, row, attempt, description }],
        (db) => {
          const row = db
            .query<{ sequence: number }, Bindings>(startSql)
            .get({ ...step, attempt, token, intent: JSON.stringify(intent), now: startedAt });
          return row?.sequence ?? 0;
        },
        "J2",
      );
      return { ...step, sequence, attempt, token, startedAt };
    },

    /** J3. */
    noteHandle({ operation, sequence, name }: Attempt, handle: Mapping): Promise<void> {
      const change = (db: Database) =>
        changeOne(db, noteHandleSql, { operation, sequence, handle: JSON.stringify(handle) }, `step ${name}`);
      return events.record(operation, [], change, "J3");
    },

    /** J5. `shown` is the value as events may show it: masked and cut. */
    finish(attempt: Attempt, result: StepResult, shown: Value, retry: { delay_ms: number } | null): Promise<void> {
      const { operation, sequence, key, name, attempt: number } = attempt;
      const { status, error, duration_ms } = result;
      const event = retry
        ? ({ type: "step-retrying", key, attempt: number, delay_ms: retry.delay_ms, error: error ?? "" } as const)
        : ({ type: "step-finished", key, name, status, value: shown, error, attempts: number, duration_ms } as const);
      const row = { operation, sequence, status, result: JSON.stringify(result), now: now() };
      return events.record(operation, [event], (db) => changeOne(db, finishSql, row, `step ${name}`), "J5");
    },

    /** A step that was not started: its `when` is false, or its `check` found the effect there. */
    skip(step: StepIdentity, why: string, attempt: number): Promise<void> {
      const { operation, key, name } = step;
      const result: StepResult = {
        status: "skipped",
        value: null,
        error: why,
        record: {},
        sets: {},
        duration_ms: 0,
        retried: false,
        exit: null,
      };
      const event = {
        type: "step-finished",
        key,
        name,
        status: "skipped",
        value: null,
        error: why,
        attempts: 0,
        duration_ms: 0,
      } as const;
      return events.record(operation, [event], (db) => {
        db.query<never, Bindings>(skipSql).run({
          ...step,
          attempt,
          token: stepToken(),
          result: JSON.stringify(result),
          now: now(),
        });
      });
    },

    /** From this row on the forward steps are run again, each as a further attempt. */
    async forgetResults(operation: string, from: number): Promise<void> {
      const change = (db: Database) => db.query<never, Bindings>(forgetResultsSql).run({ operation, from });
      await events.record(operation, [], change);
    },

    /** Nothing more is tried: what the open steps did, nobody knows. */
    async giveUp(operation: string): Promise<void> {
      const end = "update step set status = 'unknown', ended_at = ? where operation = ? and status = 'running'";
      await events.record(operation, [], (db) => db.query(end).run(now(), operation));
    },

    /** Events that change no row: what a step says, warnings, the start of a rollback. */
    tell(operation: string, body: EventBody): Promise<void> {
      return events.record(operation, [body], () => {});
    },
  };
}
