/** An MCP server made with the official SDK: its tool runs a command line here, as if it had its own way to a host. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";

export type McpOptions = {
  /** Needed as bearer, where given. */
  token?: string;
  /** Answers with JSON in place of an event stream. */
  json?: boolean;
  /** `mapping`: both outputs apart, as structured content. */
  answers?: "text" | "mapping";
};
export type TestMcp = AsyncDisposable & {
  url: string;
  /** Arguments of every call so far. */
  calls: Record<string, unknown>[];
  /** Forgets all sessions, as one that was started anew. */
  forget(): void;
};

export function startMcpServer({ token, json = false, answers = "text" }: McpOptions = {}): TestMcp {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const calls: Record<string, unknown>[] = [];

  const open = async () => {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      enableJsonResponse: json,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = new McpServer({ name: "test", version: "1" });
    const inputSchema = { host: z.string().optional(), command: z.string() };
    server.registerTool("ssh_exec", { description: "Runs a command", inputSchema }, async (args) => {
      calls.push(args);
      const child = Bun.spawn(["sh", "-c", args.command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const [stdout, stderr] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      const text = answers === "text" ? `${stdout}${stderr}` : JSON.stringify({ stdout, stderr });
      return {
        content: [{ type: "text", text }],
        ...(answers === "mapping" && { structuredContent: { stdout, stderr } }),
      };
    });
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    return transport;
  };

  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      if (token !== undefined && request.headers.get("Authorization") !== `Bearer ${token}`)
        return new Response("who are you?", { status: 401 });
      const id = request.headers.get("Mcp-Session-Id");
      const known = id === null ? await open() : sessions.get(id);
      return known ? known.handleRequest(request) : new Response("no such session", { status: 404 });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    calls,
    forget: () => sessions.clear(),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
