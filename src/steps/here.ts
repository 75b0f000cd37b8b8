/** Steps with a `host`: which machine is meant, and whether it is this one. */
import type { Inventory } from "../hosts/inventory.ts";
import type { PlanLine } from "./step.ts";

type Hosts = { inventory: Inventory };

/** The host as it is written, where it is another machine. Throws `host-unknown`. */
export function elsewhere(host: string | undefined, { inventory }: Hosts): string | undefined {
  return host === undefined || inventory.find(host).local ? undefined : host;
}

/** The machine and its address, and the routes in the order in which they are taken. */
export function showHost(host: string | undefined, { inventory }: Hosts): PlanLine {
  if (host === undefined) return { label: "host", text: "this machine" };
  const { name, local, primary, fallbacks = [] } = inventory.find(host);
  if (local) return { label: "host", text: `${name}, this machine` };
  const user = primary?.user === undefined ? "" : `${primary.user}@`;
  const port = primary?.port === undefined ? "" : `:${primary.port}`;
  const address = primary ? ` (${user}${primary.host}${port})` : "";
  const others = fallbacks.map(({ method, description }) => description ?? method);
  return { label: "host", text: `${name}${address}${others.length > 0 ? `, else by ${others.join(", then ")}` : ""}` };
}
