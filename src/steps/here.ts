/** Steps with a `host`: which machine is meant, and whether it is this one. */
import { problem } from "../core/problem.ts";
import type { Inventory } from "../hosts/inventory.ts";
import type { PlanLine } from "./step.ts";

type Hosts = { inventory: Inventory };

/** Throws `host-unreachable` for another machine, `host-unknown`. */
export function requireHere(host: string | undefined, { inventory }: Hosts): void {
  if (host === undefined) return;
  const { name, local } = inventory.find(host);
  if (local) return;
  throw problem({
    kind: "host-unreachable",
    host: name,
    why: "this build reaches only the machine it runs on. Run the operation there, or mark the host `local: true` if this is it",
  });
}

export function showHost(host: string | undefined, { inventory }: Hosts): PlanLine {
  if (host === undefined) return { label: "host", text: "this machine" };
  const { name, local, primary } = inventory.find(host);
  const address = primary
    ? ` (${primary.user ? `${primary.user}@` : ""}${primary.host}${primary.port ? `:${primary.port}` : ""})`
    : "";
  return { label: "host", text: local ? `${name}, this machine` : `${name}${address}, which this build can't reach` };
}
