/** The `lease` table: what this machine has, or may have, of shared locks. Everything here runs in one transaction. */
import type { Database } from "bun:sqlite";
import type { Bindings } from "../store/store.ts";
import type { LockText } from "./lock-text.ts";
import putSql from "./put-lease.sql" with { type: "text" };

export type LeaseStatus = "taking" | "held" | "leaving" | "free" | "away";

/** A record with the commit that holds it. `file`: it stands for a file of another tool, whose blob that is then. */
export type Known = { oid: string; text: LockText; file?: string };

export type Lease = {
  resource: string;
  status: LeaseStatus;
  owner: string | null;
  known: Known | null;
  /** `known` is a transition of ours. */
  ours: boolean;
};

type Row = {
  resource: string;
  status: LeaseStatus;
  owner: string | null;
  oid: string | null;
  record: string | null;
  ours: number;
};

export function leaseOf(db: Database, resource: string): Lease | undefined {
  const row = db.query<Row, [string]>("select * from lease where resource = ?").get(resource);
  return row ? read(row) : undefined;
}

/** Those in one of these states. */
export function leasesIn(db: Database, ...statuses: LeaseStatus[]): Lease[] {
  const sql = "select * from lease where status in (select value from json_each(?)) order by resource";
  return db.query<Row, [string]>(sql).all(JSON.stringify(statuses)).map(read);
}

/** What an operation has at the remote, or may have. */
export function leasesFor(db: Database, owner: string): Lease[] {
  const sql = "select * from lease where owner = ? and status in ('taking', 'held', 'leaving') order by resource";
  return db.query<Row, [string]>(sql).all(owner).map(read);
}

export function putLease(db: Database, { resource, status, owner, known, ours }: Lease): void {
  const oid = known?.oid ?? null;
  const record = known ? JSON.stringify({ ...known.text, file: known.file }) : null;
  db.query<never, Bindings>(putSql).run({ resource, status, owner, oid, record, ours: ours ? 1 : 0 });
}

/** After a push: what was released while it was under way stays to be given back. */
export function noteMoved(db: Database, lease: Lease): void {
  const isLeaving = leaseOf(db, lease.resource)?.status === "leaving";
  putLease(db, lease.status === "held" && isLeaving ? { ...lease, status: "leaving" } : lease);
}

const read = ({ resource, status, owner, oid, record, ours }: Row): Lease => ({
  resource,
  status,
  owner,
  known: oid === null || record === null ? null : knownOf(oid, record),
  ours: ours === 1,
});

function knownOf(oid: string, record: string): Known {
  const { file, ...text } = JSON.parse(record) as LockText & { file?: string };
  return { oid, text: text as LockText, ...(file !== undefined && { file }) };
}
