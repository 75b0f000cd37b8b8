/** The `lock` table. Everything here runs inside one transaction of the store. */
import type { Database } from "bun:sqlite";
import type { Bindings } from "../store/store.ts";
import askingSql from "./asking.sql" with { type: "text" };
import deepenSql from "./deepen.sql" with { type: "text" };
import freeSql from "./free.sql" with { type: "text" };
import heldSql from "./held.sql" with { type: "text" };
import type { LockRelease, LockRequest } from "./locks.ts";
import parentsSql from "./parents.sql" with { type: "text" };
import rowSql from "./row.sql" with { type: "text" };
import statusSql from "./status.sql" with { type: "text" };
import takeSql from "./take.sql" with { type: "text" };

type LockRow = {
  resource: string;
  token: number;
  label: string | null;
  reason: string | null;
  ttl: number | null;
  depth: number;
  step: string | null;
};
export type HeldRow = LockRow & { operation: string; operator: string; held_since: number };
/** What is left of a lock that nobody holds: its token, so that the next one is greater. */
type FreeRow = LockRow & { operation: null; held_since: null };

/** Another operation has it. */
export type Denied = { by: HeldRow };

/** The row of a held lock. */
export function heldRow(db: Database, resource: string): HeldRow | undefined {
  const row = readRow(db, resource);
  return row && isHeld(row) ? row : undefined;
}

/** The step that asked for it first has not ended: it may never have had the lock, and asks again when it is carried on. */
export function isStillAsked(db: Database, { step, depth }: HeldRow): boolean {
  return depth === 1 && step !== null && db.query<unknown, Bindings>(askingSql).get({ step }) !== null;
}

/** Every held lock, or those of one operation. */
export function heldRows(db: Database, operation: string | null): HeldRow[] {
  return db.query<HeldRow, Bindings>(heldSql).all({ operation });
}

export const isOurs = (row: HeldRow, { operation, within }: Pick<LockRequest, "operation" | "within">) =>
  row.operation === operation || within.includes(row.operation);

/** The fencing token, or who has the lock. */
export function takeLock(db: Database, request: LockRequest, now: number): number | Denied {
  const { resource, operation, operator, label = null, reason = null, ttlSeconds = null, step = null } = request;
  const row = heldRow(db, resource);
  if (row && !isOurs(row, request)) return { by: row };
  // A parent's lock stays with the parent, and a step that is run again after a crash has counted already.
  if (row && (row.operation !== operation || (step !== null && row.step === step))) return row.token;
  if (row) {
    db.query<never, Bindings>(deepenSql).run({ resource, by: 1, step });
    return row.token;
  }
  const values = { resource, operation, operator, label, reason, ttl: ttlSeconds, step, now };
  return db.query<{ token: number }, Bindings>(takeSql).get(values)?.token ?? 0;
}

/** Whether it was ours (see `Locks.release`), or who has the lock. */
export function releaseLock(db: Database, release: LockRelease, now: number): boolean | Denied {
  const { resource, operation, force, all, step = null } = release;
  const row = readRow(db, resource);
  // Freed by this very step, before a crash.
  if (!row || !isHeld(row)) return row !== undefined && step !== null && row.step === step;
  if (row.operation === operation) {
    if (step !== null && row.step === step) return true;
    if (row.depth > 1 && !all) db.query<never, Bindings>(deepenSql).run({ resource, by: -1, step });
    else db.query<never, Bindings>(freeSql).run({ resource, step });
    return true;
  }
  const parents = db.query<{ id: string }, Bindings>(parentsSql).all({ operation });
  if (parents.some(({ id }) => id === row.operation)) return true;
  if (!force || !mayBeTaken(db, row, now)) return { by: row };
  db.query<never, Bindings>(freeSql).run({ resource, step });
  return true;
}

function readRow(db: Database, resource: string): HeldRow | FreeRow | undefined {
  return db.query<HeldRow | FreeRow, Bindings>(rowSql).get({ resource }) ?? undefined;
}

const isHeld = (row: HeldRow | FreeRow): row is HeldRow => row.operation !== null;

/** An operation that lives renews its lease, so only of a holder that is no operation here does the time decide. */
function mayBeTaken(db: Database, { operation, held_since, ttl }: HeldRow, now: number): boolean {
  const holder = db.query<{ status: string }, Bindings>(statusSql).get({ operation });
  if (holder) return ["success", "failed", "cancelled"].includes(holder.status);
  return ttl !== null && now > held_since + ttl * 1000;
}
