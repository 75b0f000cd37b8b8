import { z } from "zod";
import { describe, GarzaError } from "../core/problem.ts";
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

  async run({ resource, force }, { locks, operation, token, startedAt, rollingBack, warn }) {
    try {
      // A rollback never takes a lock from another operation.
      const wasHeld = await locks.release({
        resource,
        operation: operation.id,
        force: force && !rollingBack,
        step: token,
      });
      const owed = wasHeld ? await locks.settled() : null;
      if (owed)
        warn(`lock ${resource} is free here, and for other machines as soon as they can be told: ${describe(owed)}`);
      return done(wasHeld);
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
      if (rollingBack && thrown.problem.kind === "remote-unreachable") return done(false);
      if (thrown.problem.kind !== "lock-held") throw thrown;
      // Freed by this very step before a crash, and taken by another since.
      if (Date.parse(thrown.problem.since) >= startedAt) return done(true);
      if (rollingBack) return done(false);
      throw thrown;
    }
  },
});
