import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import type { PrivateStore } from "../git/private-store.ts";
import { awayHolder, holderIn } from "./holders.ts";
import { fetchWithFiles, type Legacy } from "./legacy.ts";
import { lockRef, seenAt } from "./lock-refs.ts";
import type { Locks } from "./locks.ts";
import { resourceName } from "./resource-name.ts";

type Reached = { store: PrivateStore; legacy: Legacy | undefined };

/**
 * Who holds what, read beside the owner of the database (null: there is none yet, and so no lock). With `remote` other
 * machines are asked: then it throws `remote-unreachable`.
 */
export function lockReader(
  db: Database | null,
  remote: () => Promise<Reached | undefined> = async () => undefined,
): Pick<Locks, "holder"> {
  return {
    async holder(asked) {
      const resource = resourceName(asked);
      const known = db ? holderIn(db, resource, hostname()) : undefined;
      // What is held here, nobody else has.
      const reached = known?.scope === "local" || known?.scope === "shared" ? undefined : await remote();
      if (!reached) return known;
      const { store } = reached;
      const own = lockRef(store, resource);
      const { refs, files } = await fetchWithFiles(reached, [own], resource);
      const found = refs.find(({ ref }) => ref === own);
      const seen = found && seenAt(store, found, resource);
      const [held] = [...(seen && "text" in seen && seen.text.st === "held" ? [seen] : []), ...files];
      return held && awayHolder(held);
    },
  };
}
