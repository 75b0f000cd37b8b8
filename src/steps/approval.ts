import { z } from "zod";
import { proseSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed } from "./step.ts";
import { timeIsUp } from "./time-limit.ts";

export const approval = defineStep({
  summary: "Ask a person whether to go on.",
  schema: z.strictObject({
    message: proseSchema.default("Go on?").describe("What is asked."),
    on_timeout: z.enum(["fail", "continue"]).default("fail").describe("What happens when nobody answers in time."),
  }),
  effect: "read-only",
  plan: ({ message }) => [{ label: "ask", text: message }],

  async run({ message, on_timeout }, context) {
    try {
      const answer = await context.ask(message, context.signal);
      if (answer === null) return failed("nobody can be asked: there is no terminal");
      return answer.approved ? done(answer.by) : failed(`denied by ${answer.by}`);
    } catch (error) {
      if (!timeIsUp(context)) throw error;
      return on_timeout === "continue" ? done(null) : failed("nobody answered in time");
    }
  },
});
