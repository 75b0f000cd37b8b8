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

  async run({ resource, force }, { locks, operation, token, rollingBack }) {
    try {
      // A rollback never takes a lock from another operation.
      return done(
        await locks.release({ resource, operation: operation.id, force: force && !rollingBack, step: token }),
      );
    } catch (thrown) {
      if (rollingBack && thrown instanceof GarzaError && thrown.problem.kind === "lock-held") return done(false);
      throw thrown;
    }
  },
});
