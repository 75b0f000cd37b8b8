import { z } from "zod";
import { showDuration } from "../core/duration.ts";
import { runCheck } from "./check.ts";
import { checkedOn, checkFaults, checkSourceKeys, findCheck, showCheck } from "./check-source.ts";
import { durationSchema } from "./duration-schema.ts";
import { conditionSchema } from "./scalar-schemas.ts";
import { defineStep, done, failed, type NestedOutcome, type StepContext } from "./step.ts";
import { timeIsUp } from "./time-limit.ts";

const schema = z.strictObject({
  ...checkSourceKeys,
  condition: conditionSchema.optional().describe("Expression that has to hold; `steps` run before each look."),
  interval: durationSchema.default(5_000).describe("Pause between looks."),
});
type Config = z.infer<typeof schema>;
type Exit = Extract<NestedOutcome, { kind: "exit" }>;

/** What one look saw: an end of the operation, nothing wrong, or what is still wrong. */
type Seen = Exit | { kind: "well" } | { kind: "not-yet"; why: string };

export const waitFor = defineStep({
  summary: "Look again and again until something holds.",
  schema,
  languages: { condition: "condition", command: "shell" },
  places: ["service", "url", "host"],
  worksOn: checkedOn,
  nested: { steps: "list" },
  asks: (config) => Object.keys(config).some((key) => key.startsWith("expected_")),
  faults(config) {
    const looksAt = Object.keys(checkSourceKeys).find((key) => config[key] !== undefined);
    if (config.condition === undefined) {
      return looksAt ? checkFaults(config) : [{ message: "a wait_for needs a `condition`, or the keys of a check" }];
    }
    return looksAt
      ? [{ key: looksAt, message: `a wait_for has a \`condition\` or a check (\`${looksAt}\`), not both` }]
      : [];
  },
  effect: "read-only",
  waits: true,
  defaultTimeout: 300,

  plan(config, context) {
    const what = config.condition ?? showCheck(config, context);
    return [{ label: "wait for", text: `${what}, looking every ${showDuration(config.interval)}` }];
  },

  async run(config, context) {
    let why = "it was never looked at";
    // The last look from before a crash is carried on: what it recorded stays, and what it left open is settled.
    for (let look = Math.max(1, context.looks); ; look++) {
      try {
        const seen = await lookOnce(config, context, look);
        if (seen.kind === "exit") return seen;
        if (seen.kind === "well") return done(look);
        // What the time limit cut off says less than the look before it.
        if (!timeIsUp(context) || look === 1) why = seen.why;
        if (context.remainingMs() !== 0) await pause(config, context);
      } catch (error) {
        if (!timeIsUp(context)) throw error;
      }
      if (timeIsUp(context)) return failed(`gave up after ${looks(look)}: ${why}`);
    }
  },
});

async function lookOnce(config: Config, context: StepContext, look: number): Promise<Seen> {
  const outcome = context.nestedKeys.includes("steps")
    ? await context.nested("steps", { at: `#${look}` })
    : ({ kind: "done" } as const);
  if (outcome.kind === "exit") return outcome;
  context.signal.throwIfAborted();
  if (outcome.kind === "failed") return { kind: "not-yet", why: outcome.message };
  const why =
    config.condition === undefined ? await seeCheck(config, context) : seeCondition(config.condition, context);
  return why === undefined ? { kind: "well" } : { kind: "not-yet", why };
}

const seeCondition = (condition: string, context: StepContext) =>
  context.condition(condition) ? undefined : `the condition does not hold: ${condition}`;

async function seeCheck(config: Config, context: StepContext): Promise<string | undefined> {
  const found = findCheck(config, context);
  if (!found) return `${config.service} has no health check`;
  const left = context.remainingMs() ?? Number.POSITIVE_INFINITY;
  const { ok, why } = await runCheck(found.check, context, Math.max(1, Math.min(left, found.timeoutMs)));
  return ok ? undefined : why;
}

function pause({ interval }: Config, context: StepContext): Promise<void> {
  const left = context.remainingMs() ?? interval;
  return context.clock.sleep(Math.min(interval, left), context.signal);
}

const looks = (count: number) => (count === 1 ? "one look" : `${count} looks`);
