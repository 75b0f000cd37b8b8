import type { OperationEvent } from "../core/events.ts";
import type { Masker } from "../core/redact.ts";
import { duration, oneLine } from "./output.ts";

/** An event as a line of the agent's log; null for what only a live view shows. */
export function logLine(event: OperationEvent, masker: Masker): string | null {
  const text = tell(event);
  return text === null ? null : oneLine(masker.mask(`${event.operation} ${text}`));
}

function tell(event: OperationEvent): string | null {
  switch (event.type) {
    case "operation-queued":
      return `queued ${event.template}, priority ${event.priority}`;
    case "operation-started":
      return `started ${event.template}${event.parent === null ? "" : ` within ${event.parent}`}`;
    case "operation-waiting":
      return `waits for ${event.for}`;
    case "operation-requeued":
      return `goes back into the queue (${event.why})`;
    case "operation-ended":
      return `ended: ${event.status}${ending(event)}, ${duration(event.duration_ms)}`;
    case "step-started":
      return `step ${event.name} started${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`;
    case "step-finished":
      return `step ${event.name}: ${event.status}${event.error ? ` (${event.error})` : ""}`;
    case "step-retrying":
      return `attempt ${event.attempt} of ${event.key} failed: ${event.error}`;
    case "cancel-requested":
      return `cancel asked for by ${event.by}`;
    case "rollback-started":
      return `rolling back: ${event.because}`;
    case "warning":
      return `warning: ${event.message}`;
    case "step-said":
    case "prerequisite-checked":
      return null;
  }
}

function ending({ reason, error, failed_step }: OperationEvent & { type: "operation-ended" }): string {
  const where = failed_step ? ` in ${failed_step}` : "";
  return error ? `${where} (${reason ?? "failed"}: ${error})` : where;
}
