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
  concurrency_group: string | null;
  /** 1: nothing else runs on its hosts meanwhile. */
  exclusive: 0 | 1;
  /** JSON list: every name and address of each host that it works on; `*` is any host. */
  hosts: string;
  /** Replaces the template's own time limit. */
  timeout: string | null;
  parent: string | null;
  parent_step: string | null;
  retry_of: string | null;
  /** It runs the undo steps and the rollback of that one. */
  rollback_of: string | null;
  idempotency_key: string | null;
  asked_by: string;
  priority: number;
  status: OperationStatus;
  /** A key: `lock:NAME`, `group:NAME`, `pause:TEMPLATE`, `time`. */
  waiting_for: string | null;
  waiting_since: number | null;
  /** Looked at again then, whatever it waits for. */
  wake_at: number | null;
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
  /** JSON list of operations whose end it waits for. */
  after: string | null;
  /** Deaths of its process in a row, in the same boot and attempts of steps (`death_of`). */
  deaths: number;
  death_of: string | null;
  /** Name of the step in which its process died too often: it takes the way back. */
  crash_loop: string | null;
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
