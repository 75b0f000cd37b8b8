/** The ways to a host, as data: what the inventory says, in the order in which it says it. */
import { problem } from "../core/problem.ts";
import { parseAddress } from "./address.ts";
import type { Fallback, Host, Inventory, SshSettings } from "./inventory.ts";

export type Endpoint = { host: string; user?: string; port?: number; keyName?: string };

export type SshWay = {
  kind: "ssh";
  label: string;
  timeoutMs: number;
  to: Endpoint;
  /** Hosts or addresses, the first one reached first. Empty: as OpenSSH's configuration has it. */
  jumps: readonly string[];
  /** Carries SSH over its standard input and output. */
  command?: string;
};
export type McpWay = {
  kind: "mcp";
  label: string;
  timeoutMs: number;
  server: string;
  tool: string;
  params: Readonly<Record<string, unknown>>;
  test: string;
};
export type ScriptWay = { kind: "script"; label: string; timeoutMs: number; file: string; test: string; to: Endpoint };
export type Way = SshWay | McpWay | ScriptWay;

/** `skipped`: what is written and can't be a way, with the reason. */
export type Ways = { ways: Way[]; skipped: { route: string; why: string }[] };

export function waysTo(host: Host, settings: SshSettings, user?: string): Ways {
  const first = host.primary ?? { host: host.name };
  const to: Endpoint = { ...endpoint(first), ...(user !== undefined && { user }) };
  const primary: SshWay = { kind: "ssh", label: "primary", timeoutMs: limit(first, settings), to, jumps: [] };
  const ways: Way[] = [primary];
  const skipped: Ways["skipped"] = [];
  for (const [at, fallback] of settings.autoFallback ? (host.fallbacks ?? []).entries() : []) {
    const number = `fallback ${at + 1}`;
    const told = { ...fallback, ...(user !== undefined && { user }) };
    const way = wayOf(told, { to, timeoutMs: limit({ ...first, ...fallback }, settings), test: testOf(host) });
    if (typeof way === "string") skipped.push({ route: `${number} (${fallback.method})`, why: way });
    else ways.push({ ...way, label: `${number} (${fallback.description ?? way.label})` });
  }
  return { ways, skipped };
}

const jumpsIn = (jump: string) => jump.split(",").map((each) => each.trim());

export const testOf = ({ primary }: Host) => primary?.test_command ?? "true";

const limit = ({ timeout }: { timeout?: number }, { timeoutMs }: SshSettings) =>
  timeout === undefined || timeout === 0 ? timeoutMs : timeout * 1000;

const endpoint = ({ host, user, port, key_name }: Omit<Fallback, "method"> & { host: string }): Endpoint => ({
  host,
  ...(user !== undefined && { user }),
  ...(port !== undefined && { port }),
  ...(key_name !== undefined && { keyName: key_name }),
});

type Base = { to: Endpoint; timeoutMs: number; test: string };

/** Or why it is none. */
function wayOf(fallback: Fallback, { to: primary, timeoutMs, test }: Base): Way | string {
  const { method, jump, command, mcp, tool = "ssh_exec", params = {}, script } = fallback;
  // What is not said is as in the primary route; another address has its own port.
  const to =
    fallback.host === undefined
      ? { ...primary, ...endpoint({ ...fallback, host: primary.host }) }
      : endpoint({
          ...(primary.user !== undefined && { user: primary.user }),
          ...(primary.keyName !== undefined && { key_name: primary.keyName }),
          ...fallback,
          host: fallback.host,
        });
  const needs = (key: string) => `${method} needs \`${key}\``;
  const ssh = { kind: "ssh", timeoutMs, to, jumps: [] } as const;
  switch (method) {
    case "ssh":
    case "direct":
      return fallback.host === undefined && fallback.port === undefined && fallback.user === undefined
        ? needs("host")
        : { ...ssh, label: showEndpoint(to) };
    case "jump":
    case "jump_host":
      if (jump === undefined) return needs("jump");
      return { ...ssh, label: `jump host ${jump}`, jumps: jumpsIn(jump) };
    case "command":
    case "proxy_command":
      return command === undefined ? needs("command") : { ...ssh, label: `command ${command.split(" ")[0]}`, command };
    case "mcp":
      return mcp === undefined
        ? needs("mcp")
        : { kind: "mcp", label: `MCP ${mcp}, ${tool}`, timeoutMs, server: mcp, tool, params, test };
    case "script":
      return script === undefined
        ? needs("script")
        : { kind: "script", label: `script ${script}`, timeoutMs, file: script, test, to };
    default:
      return "this version does not know that method (ssh, jump, command, mcp, script)";
  }
}

export const showEndpoint = ({ user, host, port }: Endpoint) =>
  `${user === undefined ? "" : `${user}@`}${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;

/** A host to jump by: of the inventory, or any address. Throws `configuration`. */
export function jumpHost(name: string, inventory: Inventory): Host {
  if (inventory.names().includes(name)) return inventory.find(name);
  const address = parseAddress(name);
  if (!address)
    throw problem({ kind: "configuration", where: `jump host ${JSON.stringify(name)}`, message: "is no address" });
  const { host, ...said } = address;
  const known = inventory.names().includes(host) ? inventory.find(host) : undefined;
  return { name, local: false, ...known, primary: { ...(known?.primary ?? { host }), ...said } };
}

/** Without the routes that go by way of hosts that are themselves being reached by way of this one. */
export function without(host: Host, chain: readonly string[]): Host {
  const { fallbacks, ...rest } = host;
  const kept = fallbacks?.filter(({ jump }) => !jump || !jumpsIn(jump).some((each) => chain.includes(each)));
  return kept ? { ...rest, fallbacks: kept } : rest;
}
