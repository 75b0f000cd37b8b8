import { z } from "zod";
import { GarzaError } from "../core/problem.ts";
import { runCheck } from "./check.ts";
import { type CheckSource, checkedOn, checkFaults, checkSourceKeys, findCheck, showCheck } from "./check-source.ts";
import { defineStep, done, failed, type StepContext } from "./step.ts";

export const healthCheck = defineStep({
  summary: "Look whether a service is well.",
  schema: z.strictObject(checkSourceKeys),
  languages: { command: "shell" },
  places: ["service", "url", "host"],
  worksOn: checkedOn,
  asks: () => true,
  sets: () => ["health_status"],
  faults: checkFaults,
  effect: "read-only",
  plan: (config, context) => [{ label: "check", text: showCheck(config, context) }],

  async run(config, context) {
    const found = sourceOf(config, context);
    if (found === undefined) {
      return { kind: "skipped", why: `${config.service} has no health check`, sets: { health_status: "skipped" } };
    }
    if ("unusable" in found) return failed(found.unusable, {}, { health_status: "failed" });
    const { ok, why, record } = await runCheck(found.check, context, context.remainingMs() ?? found.timeoutMs);
    if (ok) return done("ok", record, { health_status: "ok" });
    return failed(why, record, { health_status: "failed" });
  },
});

/** A service that is not registered, or a check that makes no sense, is not well: a report must not count it so. */
function sourceOf(config: CheckSource, context: StepContext) {
  try {
    return findCheck(config, context);
  } catch (thrown) {
    if (thrown instanceof GarzaError) return { unusable: thrown.message };
    throw thrown;
  }
}
