import { z } from "zod";
import { showDuration } from "../core/duration.ts";
import { durationSchema } from "./duration-schema.ts";
import { defineStep, done } from "./step.ts";

export const delay = defineStep({
  summary: "Wait.",
  schema: z.strictObject({
    seconds: durationSchema.optional().describe("How long, in seconds."),
    duration: durationSchema.optional().describe("How long: `30s`, `5m`."),
  }),
  faults(config) {
    const written = ["seconds", "duration"].filter((key) => config[key] !== undefined);
    return written.length === 1 ? [] : [{ message: "a delay needs `seconds` or `duration`, one of them" }];
  },
  effect: "read-only",
  waits: true,
  plan: (config) => [{ label: "wait", text: showDuration(lengthOf(config)) }],

  async run(config, context) {
    // After a crash only the rest is waited for; a clock that was set back must not make it longer.
    const length = lengthOf(config);
    const left = Math.min(length, context.startedAt + length - context.clock.now());
    if (left > 0) await context.clock.sleep(left, context.signal);
    return done(null);
  },
});

const lengthOf = ({ seconds, duration }: { seconds?: number | undefined; duration?: number | undefined }) =>
  seconds ?? duration ?? 0;
