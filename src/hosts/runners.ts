import { NotSent } from "./connection.ts";
import type { Host } from "./inventory.ts";
import type { Runner } from "./runner.ts";
import type { HostSurroundings } from "./surroundings.ts";
import type { McpWay, ScriptWay } from "./ways.ts";

/** Ready to run command lines: it has run the host's test command. */
export async function openRunner(
  way: McpWay | ScriptWay,
  _host: Host,
  _surroundings: HostSurroundings,
  _signal: AbortSignal,
): Promise<Runner> {
  throw new NotSent(`${way.kind} is on its way`);
}
