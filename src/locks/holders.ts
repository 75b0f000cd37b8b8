/** Who holds what, as this machine knows it without asking anybody. */
import type { Database } from "bun:sqlite";
import { problem } from "../core/problem.ts";
import { type Known, type Lease, leaseOf, leasesIn } from "./leases.ts";
import { toHolder } from "./local-locks.ts";
import { heldRow, heldRows } from "./lock-rows.ts";
import type { LockHolder } from "./locks.ts";

export function holderIn(db: Database, resource: string, host: string): LockHolder | undefined {
  const row = heldRow(db, resource);
  const lease = leaseOf(db, resource);
  if (row) return withLease(toHolder(row, host), lease);
  return lease?.status === "away" && lease.known ? awayHolder(lease.known) : undefined;
}

/** Those that are held here, or elsewhere as far as we have heard. */
export function holdersIn(db: Database, host: string): LockHolder[] {
  const leases = new Map(leasesIn(db, "held", "away").map((lease) => [lease.resource, lease]));
  const here = heldRows(db, null).map((row) => withLease(toHolder(row, host), leases.get(row.resource)));
  const known = new Set(here.map(({ resource }) => resource));
  const away = [...leases.values()].filter(({ resource, status }) => status === "away" && !known.has(resource));
  return [...here, ...away.flatMap((lease) => (lease.known ? [awayHolder(lease.known)] : []))].sort((a, b) =>
    a.resource < b.resource ? -1 : 1,
  );
}

function withLease(holder: LockHolder, lease: Lease | undefined): LockHolder {
  if (lease?.status !== "held" || !lease.known) return holder;
  return { ...holder, scope: "shared", expires: endOf(lease.known), ttlSeconds: lease.known.text.ttl };
}

export function awayHolder(known: Known): LockHolder {
  const { res, gen, owner, by, host, op, step, reason, acq, ttl } = known.text;
  return {
    resource: res,
    token: gen,
    operation: owner,
    operator: by,
    host,
    label: op,
    ...(step !== undefined && { step }),
    ...(reason !== undefined && { reason }),
    since: Date.parse(acq),
    ...(known.file === undefined
      ? { renewed: Date.parse(known.text.ren), ttlSeconds: ttl, expires: endOf(known), scope: "away" }
      : { file: known.file, scope: "file" }),
  };
}

const endOf = ({ text: { ren, ttl } }: Known) => Date.parse(ren) + ttl * 1000;

export function heldAway(known: Known) {
  const { resource, operator, operation, since, host, expires, file } = awayHolder(known);
  const time = (at: number) => new Date(at).toISOString();
  return problem({
    kind: "lock-held",
    resource,
    holder: operator,
    since: time(since),
    operation,
    ...(file === undefined ? { host } : { file }),
    ...(expires !== undefined && { until: time(expires) }),
  });
}
