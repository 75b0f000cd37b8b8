import { z } from "zod";
import { proseSchema, wordSchema } from "./scalar-schemas.ts";
import { defineStep, done } from "./step.ts";

export const notification = defineStep({
  summary: "Tell people something. What can't be delivered now is delivered later.",
  schema: z.strictObject({
    channel: wordSchema.default("log").describe("Where it goes; one that is not configured here goes to `log`."),
    priority: z.enum(["low", "normal", "high"]).default("normal"),
    message: proseSchema.describe("What to say."),
    title: proseSchema.optional(),
  }),
  // It leaves nothing to roll back, and has the same id when it is sent again after a crash.
  effect: "read-only",
  plan: ({ channel, priority, message }) => [{ label: "notify", text: `${channel} (${priority}): ${message}` }],

  async run({ channel, priority, message, title }, { notifier, operation, key, warn }) {
    if (!notifier.channels().includes(channel))
      warn(`channel ${channel} is not configured here; the message goes to log`);
    const id = `${operation.id}:${key}`;
    return done(
      await notifier.send({
        channel,
        priority,
        message,
        id,
        operation: operation.id,
        ...(title !== undefined && { title }),
      }),
    );
  },
});
