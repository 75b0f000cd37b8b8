/** What an event stream tells, for the document: the checks are the compiler's (core/events.ts) and the tests'. */
import { z } from "zod";
import type { OperationEvent } from "../../core/events.ts";
import type { Value } from "../../core/value.ts";
import type { OutputPiece } from "../control.ts";
import { instant, name, textOrNull } from "./named.ts";

export const operationStatus = z.enum(["queued", "running", "success", "failed", "cancelled", "interrupted"]);
export const rollbackStatus = z.enum(["none", "done", "failed"]);
export const stepStatus = z.enum(["running", "success", "failed", "skipped", "unknown"]);
export const stepPhase = z.enum(["steps", "undo", "rollback", "notifications"]);

const everywhere = {
  operation: z.string(),
  sequence: z.int().min(1).describe("From 1, gapless within the operation."),
  at: instant,
};
const one = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.object({ type: z.literal(type), ...fields, ...everywhere });
const key = z.string().describe("The step's place in the template, with its loop positions.");

export const event: z.ZodType<OperationEvent> = name(
  "Event",
  z.discriminatedUnion("type", [
    one("operation-queued", { template: z.string(), priority: z.int() }),
    one("operation-started", { template: z.string(), name: z.string(), parent: textOrNull }),
    one("prerequisite-checked", { check: z.string(), ok: z.boolean(), why: textOrNull }),
    one("step-started", {
      key,
      row: z.int().describe("The attempt's row: output is addressed by it."),
      name: z.string(),
      step_type: z.string(),
      phase: stepPhase,
      parent: textOrNull.describe("The step it is nested in, by key."),
      attempt: z.int(),
      description: textOrNull,
    }),
    one("step-said", { key, text: z.string() }),
    one("step-retrying", { key, attempt: z.int(), delay_ms: z.number(), error: z.string() }),
    one("step-finished", {
      key,
      name: z.string(),
      status: stepStatus.exclude(["running"]),
      value: z.custom<Value>(() => true).describe("Masked; long text is cut."),
      error: textOrNull,
      attempts: z.int(),
      duration_ms: z.number(),
    }),
    one("warning", { key: textOrNull, message: z.string() }),
    one("cancel-requested", { by: z.string() }),
    one("operation-waiting", { for: z.string(), until: z.union([z.int(), z.null()]) }),
    one("operation-requeued", { why: z.string(), by: z.string().exactOptional() }),
    one("rollback-started", { because: z.string(), step: textOrNull }),
    one("operation-ended", {
      status: operationStatus.exclude(["queued", "running"]),
      reason: textOrNull,
      error: textOrNull,
      failed_step: textOrNull,
      rollback: rollbackStatus,
      attention: textOrNull,
      duration_ms: z.number(),
    }),
  ]),
);

export const output: z.ZodType<OutputPiece> = name(
  "Output",
  z.object({
    operation: z.string(),
    key,
    row: z.int().describe("The attempt's row, as in `step-started`."),
    stream: z.enum(["out", "err"]),
    from: z.int().min(0).describe("A byte of the stream."),
    to: z.int().min(0).describe("The byte behind this piece."),
    text: z.string().describe("Masked."),
  }),
);
