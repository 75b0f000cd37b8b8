import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import type { PrivateStore } from "../git/private-store.ts";
import { awayHolder, holderIn } from "./holders.ts";
import { readLock } from "./lock-refs.ts";
import type { Locks } from "./locks.ts";
import { resourceName } from "./resource-name.ts";

/**
 * Who holds what, read beside the owner of the database (null: there is none yet, and so no lock). With `remote` other
 * machines are asked: then it throws `remote-unreachable`.
 */
export function lockReader(
  db: Database | null,
  remote: () => Promise<PrivateStore | undefined> = async () => undefined,
): Pick<Locks, "holder"> {
  return {
    async holder(asked) {
      const resource = resourceName(asked);
      const known = db ? holderIn(db, resource, hostname()) : undefined;
      // What is held here, nobody else has.
      const store = known && known.scope !== "away" ? undefined : await remote();
      if (!store) return known;
      const seen = await readLock(store, resource);
      return seen && "text" in seen && seen.text.st === "held" ? awayHolder(seen) : undefined;
    },
  };
}
