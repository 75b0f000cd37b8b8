import type { Places } from "../core/config.ts";
import { showFault } from "../core/problems.ts";
import { showSafe } from "../core/redact.ts";
import type { TemplateSource } from "../template/library.ts";
import { definedEnv } from "./open.ts";
import { json, paintFor } from "./output.ts";
import { planText } from "./plan-text.ts";
import type { RunRequest } from "./request.ts";
import type { Terminal } from "./terminal.ts";

/** Shows what a run would do. 4 when --check found a prerequisite that does not hold, as the run would. */
export async function dryRun(
  source: TemplateSource,
  request: RunRequest,
  places: Places,
  terminal: Terminal,
): Promise<number> {
  const { planOperation } = await import("../agent/plan.ts");
  const { builtIn } = await import("../template/built-in.ts");
  const { parameters, check } = request;
  const plan = await planOperation(
    { places, env: definedEnv(terminal), clock: terminal.clock, builtIn },
    { template: source, parameters, check },
  );
  if (request.json) terminal.out.write(json(plan));
  else {
    terminal.out.write(planText(plan, paintFor(terminal.out, terminal.env)));
    for (const warning of plan.warnings) terminal.err.write(`${showSafe(showFault(warning))}\n`);
    terminal.err.write("Nothing was changed.\n");
  }
  return plan.prerequisites.some(({ result }) => result !== undefined && result !== "holds") ? 4 : 0;
}
