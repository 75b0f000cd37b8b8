import type { OperationStatus, RollbackStatus, StepPhase, StepStatus } from "../core/events.ts";

/** A row of `operation`, as stored; JSON columns are still text. Times are milliseconds since 1970. */
export type OperationRow = {
  sequence: number;
  id: string;
  template: string;
  name: string;
  type: "deploy" | "maintain" | "recovery";
  template_text: string;
  template_hash: string;
  attached: string;
  parameters: string;
  target: string | null;
  parent: string | null;
  parent_step: string | null;
  retry_of: string | null;
  idempotency_key: string | null;
  asked_by: string;
  priority: number;
  status: OperationStatus;
  waiting_for: string | null;
  reason: string | null;
  error: string | null;
  failed_step: string | null;
  rollback: RollbackStatus;
  attention: string | null;
  cancel_by: string | null;
  epoch: number;
  /** `{"machine", "boot", "instance", "pid"}` of the process that has or had it. */
  owner: string | null;
  not_before: number | null;
  not_after: number | null;
  queued_at: number;
  started_at: number | null;
  ended_at: number | null;
};

/** A row of `step`: one attempt. */
export type StepRow = {
  operation: string;
  sequence: number;
  key: string;
  name: string;
  step_type: string;
  phase: StepPhase;
  parent: string | null;
  attempt: number;
  token: string;
  status: StepStatus;
  intent: string;
  handle: string | null;
  result: string | null;
  started_at: number;
  ended_at: number | null;
};
