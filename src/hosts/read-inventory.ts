import { hostname } from "node:os";
import { basename, join } from "node:path";
import { parseDuration } from "../core/duration.ts";
import { statOf } from "../core/files.ts";
import { nearest } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import { isLoopback, parseAddress } from "./address.ts";
import type { Fallback, Host, Inventory, Primary, SshSettings } from "./inventory.ts";
import { readFile } from "./read-file.ts";
import { hostsSchema } from "./schemas.ts";
import { aliasedBy } from "./ssh/alias.ts";

export const hostsFile = "infra/hosts.yml";

/** `env`: where OpenSSH's configuration is looked for; without it no word is looked for there. */
export type InventoryOptions = { env?: Readonly<Record<string, string | undefined>>; thisMachine?: string };

/**
 * The inventory of `infra/hosts.yml`; empty when there is none. The file is read when it is first asked for,
 * and throws `configuration` then. `thisMachine` is this machine's name.
 */
export function loadInventory(root: string, { env, thisMachine = hostname() }: InventoryOptions = {}): Inventory {
  const aliases = new Map<string, string | undefined>();
  const aliased = (word: string) => {
    if (env && !aliases.has(word)) aliases.set(word, aliasedBy(word, env));
    return aliases.get(word);
  };
  let read: { hosts: Map<string, Host>; ssh: SshSettings } | undefined;
  const known = () => {
    read ??= readHosts(root, thisMachine);
    return read;
  };
  return {
    names: () => [...known().hosts.keys()],
    aliased,
    find(host) {
      const { hosts } = known();
      const found = hosts.get(host) ?? addressed(host, hosts, aliased);
      if (found) return found;
      throw problem({ kind: "host-unknown", host, nearest: nearest(host, hosts.keys(), 3) });
    },
    ssh: () => known().ssh,
  };
}

/** The inventory as it is whenever it is asked for; read again when its file has changed. */
export function currentInventory(root: string, options: InventoryOptions = {}): () => Inventory {
  let read: { mark: string; inventory: Inventory } | undefined;
  return () => {
    const stat = statOf(join(root, hostsFile));
    const mark = stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "";
    if (read?.mark !== mark) read = { mark, inventory: loadInventory(root, options) };
    return read.inventory;
  };
}

function readHosts(root: string, thisMachine: string) {
  const { hosts, ssh_config, connection_rules } = readFile(root, hostsFile, hostsSchema);
  const entries = Object.entries(mapping(hosts)).filter(([name]) => !name.startsWith("x-"));
  return {
    hosts: new Map(entries.map(([name, entry]) => [name, toHost(name, mapping(entry), thisMachine)])),
    ssh: toSettings(mapping(ssh_config), mapping(connection_rules)),
  };
}

const mapping = (value: Value | undefined): Mapping => (isMapping(value) ? value : {});

function toHost(name: string, entry: Mapping, thisMachine: string): Host {
  const { description, local, primary, fallbacks, max_concurrent, garza } = entry;
  const route = isMapping(primary) ? toPrimary(primary) : undefined;
  const isHere = name === thisMachine || route?.host === thisMachine || (route !== undefined && isLoopback(route.host));
  return {
    name,
    ...(typeof description === "string" && { description }),
    local: typeof local === "boolean" ? local : isHere,
    ...(route && { primary: route }),
    ...(Array.isArray(fallbacks) && { fallbacks: fallbacks.filter(isMapping).map(toFallback) }),
    ...(typeof max_concurrent === "number" && { max_concurrent }),
    ...(isMapping(garza) && { garza: texts(garza, ["program", "root", "home"]) }),
  };
}

/** The schema has held: what is there has its kind, or is a number where a text is meant. */
const texts = <Key extends string>(from: Mapping, keys: readonly Key[]) =>
  Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, String(from[key])]]))) as Partial<
    Record<Key, string>
  >;

const numbers = ({ port, timeout }: Mapping) => ({
  ...(typeof port === "number" && { port }),
  ...(timeout !== undefined && { timeout: (milliseconds(timeout) ?? 0) / 1000 }),
});

const milliseconds = (value: Value | undefined) => (value === undefined ? undefined : parseDuration(String(value)));

const toPrimary = (route: Mapping): Primary => ({
  host: String(route.host),
  ...texts(route, ["user"]),
  ...numbers(route),
  ...texts(route, ["key_name", "test_command"]),
});

const fallbackTexts = ["description", "host", "user", "key_name", "command", "jump", "mcp", "tool", "script"] as const;

const toFallback = (route: Mapping): Fallback => ({
  method: String(route.method),
  ...texts(route, fallbackTexts),
  ...numbers(route),
  ...(isMapping(route.params) && { params: route.params }),
});

function toSettings(ssh: Mapping, rules: Mapping): SshSettings {
  const rule = (name: string, otherwise: boolean) => (typeof rules[name] === "boolean" ? rules[name] : otherwise);
  const number = (name: string, otherwise: number) => (typeof ssh[name] === "number" ? ssh[name] : otherwise);
  return {
    timeoutMs: milliseconds(ssh.default_timeout) ?? 10_000,
    retries: number("retry_attempts", 0),
    retryDelayMs: number("retry_delay_seconds", 1) * 1000,
    keyChecking: keyChecking(ssh.strict_host_key_checking),
    keys: namedKeys(ssh.key_paths),
    preferDirect: rule("prefer_direct", true),
    autoFallback: rule("auto_fallback", true),
    logAllAttempts: rule("log_all_attempts", false),
    notifyOnFallback: rule("notify_on_fallback", false),
    notifyOnAllFailed: rule("notify_on_all_methods_failed", false),
  };
}

function keyChecking(written: Value | undefined): SshSettings["keyChecking"] {
  if (written === "accept-new" || written === "accept_new") return "accept-new";
  return written === false || written === "no" ? "off" : "strict";
}

function namedKeys(written: Value | undefined): Map<string, string> {
  if (Array.isArray(written)) return new Map(written.map((file) => [basename(String(file)), String(file)]));
  return new Map(Object.entries(mapping(written)).map(([name, file]) => [name, String(file)]));
}

/** `[user@]address[:port]`; the address may be a name that is known, else it must look like an address. */
function addressed(text: string, hosts: ReadonlyMap<string, Host>, aliased: Inventory["aliased"]): Host | undefined {
  const address = parseAddress(text);
  if (!address) return undefined;
  const { host, ...said } = address;
  const known = hosts.get(host);
  if (known) return { ...known, primary: { ...(known.primary ?? { host }), ...said } };
  if (!/[.:]/.test(host) && !isLoopback(host) && aliased(host) === undefined) return undefined;
  return { name: text, local: isLoopback(host), primary: address };
}
