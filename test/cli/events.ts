import type { EventBody, OperationEvent } from "../../src/core/events.ts";

/** Numbers bodies as the events of one operation, a second apart. */
export function eventsOf(operation: string, bodies: EventBody[]): OperationEvent[] {
  return bodies.map((body, at) => ({ ...body, operation, sequence: at + 1, at: at * 1000 }));
}

type Extra = { type?: string; parent?: string | null; name?: string; attempt?: number };

export const started = (
  key: string,
  { type = "command", parent = null, name, attempt = 1 }: Extra = {},
): EventBody => ({
  type: "step-started",
  key,
  row: 1,
  name: name ?? key.split("/").at(-1) ?? key,
  step_type: type,
  phase: "steps",
  parent,
  attempt,
  description: null,
});

export const finished = (
  key: string,
  status: "success" | "failed" | "skipped" | "unknown" = "success",
  error: string | null = null,
): EventBody => ({
  type: "step-finished",
  key,
  name: key.split("/").at(-1) ?? key,
  status,
  value: null,
  error,
  attempts: status === "skipped" ? 0 : 1,
  duration_ms: 1200,
});

export const begun = (template: string, parent: string | null = null): EventBody => ({
  type: "operation-started",
  template,
  name: template,
  parent,
});

export const ended = (more: Partial<Extract<EventBody, { type: "operation-ended" }>> = {}): EventBody => ({
  type: "operation-ended",
  status: "success",
  reason: null,
  error: null,
  failed_step: null,
  rollback: "none",
  attention: null,
  duration_ms: 65_000,
  ...more,
});
