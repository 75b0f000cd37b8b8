/**
 * Operations that have to be alone on their hosts (`exclusive: host`). Nothing is recorded of who waits for whom: it is
 * looked at whenever something is to be begun. Everything here runs inside one transaction of the store.
 */
import type { Database } from "bun:sqlite";
import aloneSql from "./alone.sql" with { type: "text" };
import begunSql from "./begun.sql" with { type: "text" };
import type { OperationRow } from "./rows.ts";

/** What stands for hosts that only the run will know. */
export const anyHost = "*";

export type Applicant = Pick<OperationRow, "id" | "exclusive" | "hosts" | "priority" | "sequence" | "started_at">;

/** Who is in the way, on which host: it is `alone` there, it is `beside` one that has to be, or it goes `before`. */
export type InTheWay = { how: "alone" | "beside" | "before"; host: string; id: string; name: string };

/** Says who is in the way of an operation. Undefined: nobody has to be alone. `ids`: only these will ever be begun. */
export function openApart(
  db: Database,
  ids: readonly string[] | null,
): ((applicant: Applicant) => InTheWay | undefined) | undefined {
  const alone = db.query<Alone, []>(aloneSql).all();
  if (alone.length === 0) return undefined;
  const begun = db.query<Begun, []>(begunSql).all();
  const waiting = alone.filter(
    ({ id, status, started_at, waiting_for }) =>
      status === "queued" && started_at === null && waiting_for === null && (ids?.includes(id) ?? true),
  );
  return (applicant) => {
    const { id, exclusive, started_at } = applicant;
    for (const other of begun) {
      if (other.id === id || (exclusive === 0 && other.exclusive === 0)) continue;
      // What was begun keeps its place; only what a person lets go on again may find somebody there.
      if (started_at !== null && other.status !== "running") continue;
      const host = sharedHost(applicant, other);
      if (host !== undefined) return { how: other.exclusive === 1 ? "alone" : "beside", host, ...named(other) };
    }
    if (started_at !== null) return undefined;
    for (const other of waiting) {
      if (!isBefore(other, applicant)) continue;
      const host = sharedHost(applicant, other);
      if (host !== undefined) return { how: "before", host, ...named(other) };
    }
    return undefined;
  };
}

type Begun = Pick<OperationRow, "id" | "name" | "exclusive" | "hosts" | "status">;
type Alone = Pick<
  OperationRow,
  "id" | "name" | "hosts" | "priority" | "sequence" | "status" | "waiting_for" | "started_at"
>;
type Placed = Pick<OperationRow, "hosts">;
type Ordered = Pick<OperationRow, "priority" | "sequence">;

const named = ({ id, name }: { id: string; name: string }) => ({ id, name });

const isBefore = (one: Ordered, other: Ordered) =>
  one.priority > other.priority || (one.priority === other.priority && one.sequence < other.sequence);

function sharedHost(one: Placed, other: Placed): string | undefined {
  const [mine, theirs] = [JSON.parse(one.hosts) as string[], JSON.parse(other.hosts) as string[]];
  if (mine.includes(anyHost)) return theirs[0];
  return theirs.includes(anyHost) ? mine[0] : mine.find((host) => theirs.includes(host));
}
