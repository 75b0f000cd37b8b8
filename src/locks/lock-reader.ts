import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import { holderIn } from "./holders.ts";
import type { Locks } from "./locks.ts";
import { resourceName } from "./resource-name.ts";

/** Who holds what, read beside the owner of the database (null: there is none yet, and so no lock). */
export function lockReader(db: Database | null): Pick<Locks, "holder"> {
  return {
    holder: async (resource) => (db ? holderIn(db, resourceName(resource), hostname()) : undefined),
  };
}
