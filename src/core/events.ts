/**
 * What the engine and the queue tell the world. The live view, logs, metrics, notifications and streams
 * only listen; a listener that throws never stops an operation. Events of one operation are numbered
 * without gaps and stored with the change they report. Output is no event (store/output files).
 */
import type { Value } from "./value.ts";

export type OperationStatus = "queued" | "running" | "success" | "failed" | "cancelled" | "interrupted";
export type RollbackStatus = "none" | "done" | "failed";
export type StepStatus = "running" | "success" | "failed" | "skipped" | "unknown";
export type StepPhase = "steps" | "undo" | "rollback" | "notifications";

export type EventBody =
  | { type: "operation-queued"; template: string; priority: number }
  | { type: "operation-started"; template: string; name: string; parent: string | null }
  | { type: "prerequisite-checked"; check: string; ok: boolean; why: string | null }
  | {
      type: "step-started";
      key: string;
      /** The attempt's row: its output is in the files of this number. */
      row: number;
      name: string;
      step_type: string;
      phase: StepPhase;
      /** The step it is nested in, by key; null at the top. */
      parent: string | null;
      attempt: number;
      description: string | null;
    }
  | { type: "step-said"; key: string; text: string }
  | { type: "step-retrying"; key: string; attempt: number; delay_ms: number; error: string }
  | {
      type: "step-finished";
      key: string;
      name: string;
      status: Exclude<StepStatus, "running">;
      /** Headline value as stored, masked; long text is cut. */
      value: Value;
      error: string | null;
      attempts: number;
      duration_ms: number;
    }
  | { type: "warning"; key: string | null; message: string }
  | { type: "cancel-requested"; by: string }
  /** It stands aside, holding no worker: for a lock (`lock:NAME`). `until`: then it is tried once more. */
  | { type: "operation-waiting"; for: string; until: number | null }
  /** It is in the queue again, to be carried on from its journal: `drained`, `process_died`, `resumed`, … */
  | { type: "operation-requeued"; why: string; by?: string }
  | { type: "rollback-started"; because: string; step: string | null }
  | {
      type: "operation-ended";
      status: "success" | "failed" | "cancelled" | "interrupted";
      reason: string | null;
      error: string | null;
      failed_step: string | null;
      rollback: RollbackStatus;
      attention: string | null;
      duration_ms: number;
    };

export type OperationEvent = EventBody & {
  operation: string;
  /** From 1, gapless within the operation. */
  sequence: number;
  /** Milliseconds since 1970. */
  at: number;
};

export type Listener = (event: OperationEvent) => void;
