/** What a template expects of the world around it: hosts, scripts, notification channels. */
import { GarzaError } from "../core/problem.ts";
import { allSteps } from "./names.ts";
import { type MappingNode, nodeOf } from "./node.ts";
import { hasPlaceholder } from "./placeholders.ts";
import { type Reading, shapeOf } from "./reading.ts";
import type { Sections } from "./sections.ts";
import type { Step } from "./template.ts";

export function checkOutside({ template, prerequisites }: Sections, reading: Reading): void {
  for (const { prerequisite, node } of prerequisites) warnOfHost(prerequisite.host, node, reading);
  for (const step of allSteps(template)) {
    checkHost(step, reading);
    if (step.type === "script") checkScript(step, reading);
    if (step.type === "notification") checkChannel(step, reading);
  }
}

function checkHost(step: Step, reading: Reading): void {
  const { config, type } = step;
  const hosts = shapeOf(reading.shapes, type)?.worksOn?.(config, { entry: () => undefined }) ?? [];
  // What is only connected to need not be known.
  if (hosts.includes(config.host ?? null)) warnOfHost(config.host, reading.written.get(step), reading);
}

/** Only a warning: another machine may know it. */
function warnOfHost(host: unknown, node: MappingNode | undefined, { options, report }: Reading): void {
  if (typeof host !== "string" || hasPlaceholder(host)) return;
  const fault = options.faultOfHost?.(host);
  if (fault !== undefined) report.warn(nodeOf(node, "host")?.at ?? 0, "unknown-host", fault);
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
