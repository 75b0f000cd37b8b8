import { z } from "zod";
import { showDuration } from "../core/duration.ts";
import { toText, type Value } from "../core/value.ts";
import { durationSchema } from "./duration-schema.ts";
import { wordSchema } from "./scalar-schemas.ts";
import { defineStep, done, type StepContext } from "./step.ts";

/** What comes out empty counts as not written. */
const said = z.unknown().transform((value) => toText(value as Value | undefined));

export const lock = defineStep({
  summary: "Take a lock, so that no other operation works on the resource.",
  schema: z.strictObject({
    resource: wordSchema.describe("What is locked: `deploy-web`."),
    metadata: z
      .strictObject({ operator: said, operation: said, reason: said })
      .partial()
      .default({})
      .describe("Who and why, for those who find it locked."),
    ttl: durationSchema.optional().describe("How long it holds without being renewed."),
    wait: durationSchema.default(0).describe("How long to wait for it. 0: fail at once."),
  }),
  places: ["resource"],
  effect: "idempotent",
  waits: true,

  plan: ({ resource, wait }) => [
    { label: "lock", text: wait > 0 ? `${resource} (waits up to ${showDuration(wait)})` : resource },
  ],

  async run({ resource, metadata, ttl, wait }, context) {
    if (wait > 0) await sayWhoHolds(resource, context);
    const token = await context.locks.acquire({
      resource,
      operation: context.operation.id,
      within: [],
      operator: metadata.operator ?? "",
      ...(metadata.operation && { label: metadata.operation }),
      ...(metadata.reason && { reason: metadata.reason }),
      ...(ttl !== undefined && { ttlSeconds: Math.ceil(ttl / 1000) }),
      step: context.token,
      waitSeconds: wait / 1000,
      signal: context.signal,
    });
    return done(token);
  },
});

async function sayWhoHolds(resource: string, { locks, operation, say }: StepContext): Promise<void> {
  const holder = await locks.holder(resource);
  if (!holder || holder.operation === operation.id) return;
  say(`lock ${resource} is held by ${holder.operator} (operation ${holder.operation}); waiting`);
}
