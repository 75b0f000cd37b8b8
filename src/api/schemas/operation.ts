/** Operations and steps as they are answered. */
import { z } from "zod";
import type { Value } from "../../core/value.ts";
import { operationStatus, rollbackStatus, stepPhase, stepStatus } from "./event.ts";
import { fault } from "./fault.ts";
import { instant, instantOrNull, name, textOrNull } from "./named.ts";

const value = z.custom<Value>(() => true);

const operationFields = {
  id: z.string(),
  sequence: z.int(),
  template: z.string(),
  name: z.string(),
  type: z.enum(["deploy", "maintain", "recovery"]),
  template_hash: z.string(),
  parameters: z.record(z.string(), value).describe("Secret ones as references."),
  target: textOrNull,
  concurrency_group: textOrNull,
  exclusive: z.int().describe("1: nothing else runs on its hosts meanwhile."),
  hosts: z.array(z.string()).describe("Every name and address of each host that it works on; `*` is any host."),
  timeout: textOrNull,
  parent: textOrNull.describe("The operation it runs within."),
  parent_step: textOrNull,
  retry_of: textOrNull,
  rollback_of: textOrNull,
  idempotency_key: textOrNull,
  asked_by: z.string().describe("By their own word."),
  priority: z.int().min(0).max(9).describe("Higher is sooner."),
  status: operationStatus,
  waiting: textOrNull.describe("What it waits for, in words."),
  waiting_for: textOrNull,
  waiting_since: instantOrNull,
  wake_at: instantOrNull,
  reason: textOrNull,
  error: textOrNull,
  failed_step: textOrNull,
  rollback: rollbackStatus,
  attention: textOrNull.describe("Why a person is needed."),
  cancel_by: textOrNull,
  epoch: z.int(),
  owner: z.union([z.record(z.string(), value), z.null()]).describe("The process that has or had it."),
  not_before: instantOrNull,
  not_after: instantOrNull,
  queued_at: instant,
  started_at: instantOrNull,
  ended_at: instantOrNull,
  after: z.union([z.array(z.string()), z.null()]),
  deaths: z.int().describe("Of its process, in a row."),
};

export const step = name(
  "Step",
  z
    .object({
      operation: z.string(),
      sequence: z.int().describe("The attempt's row."),
      key: z.string(),
      name: z.string(),
      step_type: z.string(),
      phase: stepPhase,
      parent: textOrNull,
      attempt: z.int(),
      status: stepStatus,
      intent: z.record(z.string(), value).describe("What was about to be done, masked."),
      handle: z.union([z.record(z.string(), value), z.null()]).describe("Its process."),
      result: z.union([z.record(z.string(), value), z.null()]).describe("Masked."),
      started_at: instant,
      ended_at: instantOrNull,
    })
    .describe("One attempt of a step."),
);

export const operationListed = name("OperationListed", z.object(operationFields));
export const operation = name("Operation", z.object({ ...operationFields, steps: z.array(step) }));

export const operationPage = name(
  "OperationPage",
  z.object({
    operations: z.array(operationListed),
    next: textOrNull.describe("The cursor of the next page; null on the last."),
  }),
);
export const steps = name("Steps", z.object({ steps: z.array(step) }));

export const accepted = name(
  "Accepted",
  z.object({
    id: z.string(),
    is_new: z.boolean().describe("False: the key had this operation already."),
    warnings: z.array(fault),
  }),
);
const acceptedBatch = name(
  "AcceptedBatch",
  z.object({ operations: z.array(accepted).describe("In the order they were asked for.") }),
);
export const acceptedAny = name("AcceptedOneOrBatch", z.union([accepted, acceptedBatch]));
export const concerned = name("Concerned", z.object({ id: z.string() }));
export const resolved = name("Resolved", z.object({ id: z.string(), carries_on: z.boolean() }));
