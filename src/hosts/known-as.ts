/** A host by all that it is called: whoever shares one of these with another is the same machine. */
import { GarzaError } from "../core/problem.ts";
import { isLoopback } from "./address.ts";
import type { Fallback, Inventory, Primary } from "./inventory.ts";

/** No name of a host has a space in it. */
export const thisMachine = "this machine";

/** Its name in the inventory first, then its addresses; a word that nobody knows stands for itself. */
export function knownAs(written: string, inventory: Inventory): string[] {
  try {
    const { name, local, primary, fallbacks = [] } = inventory.find(written);
    if (local) return [thisMachine];
    const known = inventory.names().includes(name) ? [name] : [];
    const addresses = [primary, ...fallbacks].flatMap((route) => addressOf(route) ?? []);
    const meant = addresses.flatMap((address) => aliasedBy(address, inventory) ?? []);
    return [...new Set([...known, ...addresses, ...meant])];
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    return [written];
  }
}

/** Behind a loopback address there may be as many machines as there are ports. */
function addressOf(route: Pick<Primary | Fallback, "host" | "port"> | undefined): string | undefined {
  if (route?.host === undefined) return undefined;
  return isLoopback(route.host) ? `${route.host}:${route.port ?? 22}` : route.host.toLowerCase();
}

function aliasedBy(address: string, inventory: Inventory): string | undefined {
  const meant = /[.:]/.test(address) ? undefined : inventory.aliased(address);
  return meant === undefined || isLoopback(meant) ? undefined : meant;
}
