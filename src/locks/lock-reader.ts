import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import { awayHolder, holderIn } from "./holders.ts";
import type { Locks } from "./locks.ts";
import { type Looker, lookAt } from "./look.ts";
import { resourceName } from "./resource-name.ts";

/**
 * Who holds what, read beside the owner of the database (null: there is none yet, and so no lock). With `remote` other
 * machines are asked: then it throws `remote-unreachable`.
 */
export function lockReader(
  db: Database | null,
  remote: () => Promise<Looker | undefined> = async () => undefined,
): Pick<Locks, "holder"> {
  return {
    async holder(asked) {
      const resource = resourceName(asked);
      const known = db ? holderIn(db, resource, hostname()) : undefined;
      // What is held here, nobody else has.
      const reached = known?.scope === "local" || known?.scope === "shared" ? undefined : await remote();
      if (!reached) return known;
      const { seen, file } = await lookAt(reached, resource);
      const held = seen && "text" in seen && seen.text.st === "held" ? seen : file;
      return held && awayHolder(held);
    },
  };
}
