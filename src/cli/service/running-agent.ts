import type { Places } from "../../core/config.ts";
import { problem } from "../../core/problem.ts";
import { currentOwner, type Owner } from "../../store/owner.ts";

/** The agent of this root. Throws `no-agent`, and `busy` where something else has the folder. */
export function requireAgent({ data }: Places): Owner {
  const owner = currentOwner(data);
  if (!owner) throw problem({ kind: "no-agent", socket: data });
  if (/^garza (agent|queue process)/.test(owner.command)) return owner;
  throw problem({
    kind: "busy",
    what: `${owner.command} (process ${owner.pid}) is the agent here while it lasts`,
    next: "It leaves by itself. Look: garza status",
  });
}
