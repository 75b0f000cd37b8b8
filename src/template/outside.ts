/** What a template expects of the world around it: scripts, notification channels. */
import { GarzaError } from "../core/problem.ts";
import { allSteps } from "./names.ts";
import { nodeOf } from "./node.ts";
import { hasPlaceholder } from "./placeholders.ts";
import type { Reading } from "./reading.ts";
import type { Step, Template } from "./template.ts";

export function checkOutside(template: Template, reading: Reading): void {
  for (const step of allSteps(template)) {
    if (step.type === "script") checkScript(step, reading);
    if (step.type === "notification") checkChannel(step, reading);
  }
}

function checkScript(step: Step, { options, report, written }: Reading): void {
  const { script } = step.config;
  if (!options.exists || typeof script !== "string" || hasPlaceholder(script)) return;
  const at = nodeOf(written.get(step), "script")?.at ?? 0;
  try {
    if (!options.exists(script)) report.error(at, "missing-script", `there is no file ${script} in the repository`);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    report.error(at, "missing-script", thrown.message);
  }
}

function checkChannel(step: Step, { options, report, written }: Reading): void {
  const { channel } = step.config;
  if (!options.channels || typeof channel !== "string" || hasPlaceholder(channel)) return;
  if (channel === "log" || options.channels.includes(channel)) return;
  const at = nodeOf(written.get(step), "channel")?.at ?? 0;
  const near = report.suggest(channel, options.channels);
  report.warn(at, "unknown-channel", `channel \`${channel}\` is not configured here: it goes to log.${near}`);
}
