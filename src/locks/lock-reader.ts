import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import { toHolder } from "./local-locks.ts";
import { heldRow } from "./lock-rows.ts";
import type { Locks } from "./locks.ts";
import { resourceName } from "./resource-name.ts";

/** Who holds what, read beside the owner of the database (null: there is none yet, and so no lock). */
export function lockReader(db: Database | null): Pick<Locks, "holder"> {
  return {
    async holder(resource) {
      const row = db && heldRow(db, resourceName(resource));
      return row ? toHolder(row, hostname()) : undefined;
    },
  };
}
