import { hostname } from "node:os";
import { parseDuration } from "../core/duration.ts";
import { nearest } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import { isMapping, type Mapping } from "../core/value.ts";
import { isLoopback, parseAddress } from "./address.ts";
import type { Host, Inventory } from "./inventory.ts";
import { readFile } from "./read-file.ts";
import { hostsSchema } from "./schemas.ts";

export const hostsFile = "infra/hosts.yml";

/**
 * The inventory of `infra/hosts.yml`; empty when there is none. The file is read when it is first asked for,
 * and throws `configuration` then. `thisMachine` is this machine's name.
 */
export function loadInventory(root: string, thisMachine = hostname()): Inventory {
  let known: Map<string, Host> | undefined;
  const hosts = () => {
    known ??= readHosts(root, thisMachine);
    return known;
  };
  return {
    names: () => [...hosts().keys()],
    find(host) {
      const found = hosts().get(host) ?? addressed(host, hosts());
      if (found) return found;
      throw problem({ kind: "host-unknown", host, nearest: nearest(host, hosts().keys(), 3) });
    },
  };
}

function readHosts(root: string, thisMachine: string): Map<string, Host> {
  const { hosts } = readFile(root, hostsFile, hostsSchema);
  const entries = isMapping(hosts) ? Object.entries(hosts).filter(([name]) => !name.startsWith("x-")) : [];
  return new Map(entries.map(([name, entry]) => [name, toHost(name, isMapping(entry) ? entry : {}, thisMachine)]));
}

function toHost(name: string, { description, local, primary }: Mapping, thisMachine: string): Host {
  const route = isMapping(primary) ? toRoute(primary) : undefined;
  const isHere = name === thisMachine || route?.host === thisMachine || (route !== undefined && isLoopback(route.host));
  return {
    name,
    ...(typeof description === "string" && { description }),
    local: typeof local === "boolean" ? local : isHere,
    ...(route && { primary: route }),
  };
}

/** The schema has held: what is there has its kind. */
function toRoute({ host, user, port, key_name, test_command, timeout }: Mapping): NonNullable<Host["primary"]> {
  return {
    host: String(host),
    ...(user !== undefined && { user: String(user) }),
    port: typeof port === "number" ? port : 22,
    ...(key_name !== undefined && { key_name: String(key_name) }),
    ...(test_command !== undefined && { test_command: String(test_command) }),
    ...(timeout !== undefined && { timeout: (parseDuration(String(timeout)) ?? 0) / 1000 }),
  };
}

/** `[user@]address[:port]`; the address may be a name of the inventory, else it must look like an address. */
function addressed(text: string, hosts: ReadonlyMap<string, Host>): Host | undefined {
  const address = parseAddress(text);
  if (!address) return undefined;
  const { host, ...said } = address;
  const known = hosts.get(host);
  if (known) return { ...known, primary: { port: 22, ...(known.primary ?? { host }), ...said } };
  if (!/[.:]/.test(host) && !isLoopback(host)) return undefined;
  return { name: text, local: isLoopback(host), primary: { port: 22, ...address } };
}
