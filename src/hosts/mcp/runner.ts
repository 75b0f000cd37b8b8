/** Command lines by way of an MCP server's tool, which has its own way to the host. */
import { randomBytes } from "node:crypto";
import { isMapping, type Mapping, type Value } from "../../core/value.ts";
import { defaultLimit } from "../collect.ts";
import { type ExecResult, Lost } from "../connection.ts";
import type { Runner } from "../runner.ts";
import type { McpServer } from "../surroundings.ts";
import type { McpWay } from "../ways.ts";
import { openMcpClient, type ToolResult } from "./client.ts";

/** A command may take long; who waits for it has a limit of its own. */
const longestMs = 24 * 60 * 60 * 1000;

export async function mcpRunner(way: McpWay, server: McpServer, signal: AbortSignal): Promise<Runner> {
  const client = await openMcpClient(server, signal, way.timeoutMs);
  return {
    async run(line, { signal = new AbortController().signal, limit = defaultLimit }) {
      const mark = `garza-end-${randomBytes(9).toString("hex")}`;
      const args = { ...(way.params as Mapping), command: marked(line, mark) };
      // JSON makes up to six characters of one.
      const options = { signal, timeoutMs: longestMs, maxBytes: limit * 13 + 65_536 };
      return ended(await client.call(way.tool, args, options), mark);
    },
  };
}

/** The exit status comes in the output: few tools have a place of their own for it. */
const marked = (line: string, mark: string) => `(\n${line}\n)\nprintf '\\n%s %s\\n' ${mark} "$?"`;

function ended(result: ToolResult, mark: string): ExecResult {
  const { stdout, stderr } = outputsOf(result);
  const [, before = "", status] = new RegExp(`^(.*?)\\r?\\n?${mark} (\\d+)`, "s").exec(stdout) ?? [];
  if (status === undefined) {
    const said = result.text.trim().split("\n").at(-1)?.slice(0, 200);
    throw new Lost(`the tool gave no end of the command${said ? `: ${said}` : ""}`);
  }
  return { exitCode: Number(status), signal: null, stdout: Buffer.from(before), stderr: Buffer.from(stderr) };
}

/** A tool answers with text, or with a mapping that has both outputs; some write that mapping as text. */
function outputsOf({ text, structured }: ToolResult): { stdout: string; stderr: string } {
  const mapping = structured ?? mappingIn(text);
  const of = (value: Value | undefined) => (typeof value === "string" ? value : "");
  if (mapping && typeof mapping.stdout === "string") return { stdout: mapping.stdout, stderr: of(mapping.stderr) };
  if (mapping && typeof mapping.output === "string") return { stdout: mapping.output, stderr: of(mapping.stderr) };
  return { stdout: text, stderr: "" };
}

function mappingIn(text: string): Mapping | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : undefined;
  } catch {
    // A command may well print a brace.
    return undefined;
  }
}
