import { z } from "zod";
import { GarzaError } from "../core/problem.ts";
import { flagSchema, wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const unlock = defineStep({
  summary: "Give a lock back. Its value says whether it was held.",
  schema: z.strictObject({
    resource: wordSchema.describe("What was locked."),
    force: flagSchema.default(false).describe("Take it from another operation that has ended."),
  }),
  places: ["resource"],
  effect: "idempotent",
  plan: ({ resource, force }) => [{ label: "unlock", text: force ? `${resource} (by force)` : resource }],

  async run({ resource, force }, { locks, operation, token, startedAt, rollingBack }) {
    try {
      // A rollback never takes a lock from another operation.
      return done(
        await locks.release({ resource, operation: operation.id, force: force && !rollingBack, step: token }),
      );
    } catch (thrown) {
      if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "lock-held") throw thrown;
      // Freed by this very step before a crash, and taken by another since.
      if (Date.parse(thrown.problem.since) >= startedAt) return done(true);
      if (rollingBack) return done(false);
      throw thrown;
    }
  },
});
