/**
 * The part of the Model Context Protocol that calling a tool over streamable HTTP takes. Its SDK weighs more than all
 * of GARZA's own commands, for one request.
 */
import type { HttpAnswer } from "../../core/http.ts";
import { GarzaError } from "../../core/problem.ts";
import { isMapping, type Mapping, type Value } from "../../core/value.ts";
import { version } from "../../core/version.ts";
import { Lost, NotSent } from "../connection.ts";
import type { McpServer } from "../surroundings.ts";

export type ToolResult = { text: string; structured: Mapping | undefined; isError: boolean };

export type McpClient = {
  /** Rejects with `NotSent` where the server certainly did not begin, `Lost` otherwise, or the signal's reason. */
  call(
    tool: string,
    args: Mapping,
    options: { signal: AbortSignal; timeoutMs: number; maxBytes: number },
  ): Promise<ToolResult>;
};

const protocol = "2025-06-18";

/** Greets the server. Rejects where that fails. */
export async function openMcpClient(server: McpServer, signal: AbortSignal, timeoutMs: number): Promise<McpClient> {
  let ids = 0;
  let session: { id?: string; version: string } | undefined;

  const post = async (body: Mapping, signal: AbortSignal, timeoutMs: number, maxBytes = 1024 * 1024) => {
    const { sendRequest } = await import("../../core/http.ts");
    const answer = await sendRequest(
      {
        method: "POST",
        url: server.url,
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json, text/event-stream",
          ...(server.token !== undefined && { Authorization: `Bearer ${server.token}` }),
          ...(session && { "Mcp-Protocol-Version": session.version }),
          ...(session?.id !== undefined && { "Mcp-Session-Id": session.id }),
        },
        body: JSON.stringify({ jsonrpc: "2.0", ...body }),
        timeoutMs,
        maxBytes,
      },
      signal,
    ).catch(asOutcome);
    return answer;
  };

  const greet = async (signal: AbortSignal) => {
    session = undefined;
    const id = ++ids;
    const params = { protocolVersion: protocol, capabilities: {}, clientInfo: { name: "garza", version } };
    const answer = await post({ id, method: "initialize", params }, signal, timeoutMs);
    const result = resultOf(answer, id);
    const sessionId = answer.headers["mcp-session-id"];
    const version_ = typeof result.protocolVersion === "string" ? result.protocolVersion : protocol;
    session = { version: version_, ...(sessionId !== undefined && { id: sessionId }) };
    await post({ method: "notifications/initialized" }, signal, timeoutMs);
  };

  await greet(signal);
  return {
    async call(tool, args, options) {
      for (let tries = 0; ; tries++) {
        const id = ++ids;
        const params = { name: tool, arguments: args };
        const answer = await post(
          { id, method: "tools/call", params },
          options.signal,
          options.timeoutMs,
          options.maxBytes,
        );
        // It has forgotten us, and so has not begun.
        if (answer.status === 404 && session?.id !== undefined && tries === 0) {
          await greet(options.signal);
          continue;
        }
        return toolResult(resultOf(answer, id));
      }
    },
  };
}

function asOutcome(thrown: unknown): never {
  if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "no-answer") throw thrown;
  const { why, sent } = thrown.problem;
  throw sent
    ? new Lost(`the MCP server did not answer: ${why}`)
    : new NotSent(`the MCP server can't be reached: ${why}`);
}

/** Refused before anything was done: not let in, no such place, not understood. */
const refused: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 406, 415, 429]);
const notUnderstood: ReadonlySet<Value | undefined> = new Set([-32700, -32600, -32601, -32602]);

function resultOf({ status, headers, body, truncated }: HttpAnswer, id: number): Mapping {
  if (truncated) throw new Lost("the MCP server's answer is longer than it may be");
  const messages = headers["content-type"]?.startsWith("text/event-stream") ? eventsIn(body) : [body];
  const found = messages.map(parse).find((message) => isMapping(message) && message.id === id);
  if (isMapping(found) && isMapping(found.error)) {
    const { code, message } = found.error;
    const why = `the MCP server says: ${String(message)}`;
    throw notUnderstood.has(code) ? new NotSent(why) : new Lost(why);
  }
  if (isMapping(found) && isMapping(found.result)) return found.result;
  if (status < 300) throw new Lost("the MCP server's answer is no result");
  throw refused.has(status)
    ? new NotSent(`the MCP server answers ${status}`)
    : new Lost(`the MCP server answers ${status}`);
}

function eventsIn(stream: string): string[] {
  return stream.split(/\r?\n\r?\n/).map((event) =>
    event
      .split(/\r?\n/)
      .flatMap((line) => (line.startsWith("data:") ? [line.slice(5).replace(/^ /, "")] : []))
      .join("\n"),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toolResult({ content, structuredContent, isError }: Mapping): ToolResult {
  const parts = Array.isArray(content) ? content.filter(isMapping) : [];
  const texts = parts.flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : []));
  const structured = isMapping(structuredContent) ? structuredContent : undefined;
  return { text: texts.join("\n"), structured, isError: isError === true };
}
