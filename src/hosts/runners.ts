/** Routes that only run a command line and give back its output: an MCP server's tool, a script of the repository. */
import { problem } from "../core/problem.ts";
import type { ExecResult } from "./connection.ts";
import type { Host } from "./inventory.ts";
import { mcpRunner } from "./mcp/runner.ts";
import type { Runner } from "./runner.ts";
import { scriptRunner } from "./script-runner.ts";
import type { HostSurroundings } from "./surroundings.ts";
import type { McpWay, ScriptWay } from "./ways.ts";

/** Ready to run command lines: the host's test command went well by it. */
export async function openRunner(
  way: McpWay | ScriptWay,
  host: Host,
  surroundings: HostSurroundings,
  signal: AbortSignal,
): Promise<Runner> {
  const runner = way.kind === "mcp" ? await mcp(way, surroundings, signal) : scriptRunner(way, host, surroundings);
  const { exitCode, stderr } = await runner.run(way.test, { signal });
  if (exitCode === 0) return runner;
  throw new Error([`its test command ended with ${exitCode}`, lastLine(stderr)].filter(Boolean).join(": "));
}

function mcp(way: McpWay, { mcpServer }: HostSurroundings, signal: AbortSignal): Promise<Runner> {
  const server = mcpServer(way.server);
  if (server) return mcpRunner(way, server, signal);
  const message = "is not there";
  const hint = `Write its address into garza.yml: mcp_servers: { ${way.server}: { url: https://… } }`;
  throw problem({ kind: "configuration", where: `mcp_servers.${way.server}.url`, message, hint });
}

const lastLine = (stderr: ExecResult["stderr"]) => stderr.toString().trim().split("\n").at(-1) ?? "";
