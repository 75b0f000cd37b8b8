/** Which operation is next. Everything here runs inside one transaction of the store. */
import type { Database } from "bun:sqlite";
import type { Bindings } from "../store/store.ts";
import { type Applicant, openApart } from "./apart.ts";
import candidateSql from "./candidate.sql" with { type: "text" };
import candidateOfSql from "./candidate-of.sql" with { type: "text" };
import candidateOldestSql from "./candidate-oldest.sql" with { type: "text" };
import claimOneSql from "./claim-one.sql" with { type: "text" };
import type { Tell } from "./event-log.ts";
import type { OperationRow } from "./rows.ts";
import { type GroupLimit, hasRoom, isPaused, putAside } from "./waiting.ts";

/** The process that claims: kept as JSON in `operation.owner`. */
export type Claimant = { machine: string; boot: string; instance: string; pid: number };

export type Choice = {
  claimant: Claimant;
  groupLimit: GroupLimit;
  /** Only these. Null: whatever is next. */
  ids: readonly string[] | null;
  /** Milliseconds since 1970: with it, an operation that has waited since before then goes first. */
  overdueBefore: number | null;
  now: number;
};

/**
 * `more`: nothing was claimed yet, but so many were put aside that the turn was given to others.
 * `none`: nothing can be claimed before something changes.
 */
export type Chosen = { kind: "claimed"; row: OperationRow } | { kind: "more" } | { kind: "none" };

/** Operations that are put aside in one transaction. */
const mostAside = 200;

export function claimNext(db: Database, choice: Choice, tell: Tell): Chosen {
  const queueIsPaused = isPaused(db, "");
  for (let aside = 0; aside < mostAside; aside++) {
    const row = candidate(db, choice);
    if (!row) return { kind: "none" };
    if (row.started_at === null) {
      if (queueIsPaused) return { kind: "none" };
      const waitingFor = obstacle(db, row, choice);
      if (waitingFor !== null) {
        putAside(db, { id: row.id, waitingFor, wakeAt: null, now: choice.now });
        continue;
      }
    }
    const claimed = claimOne(db, row.id, choice, tell);
    if (claimed) return { kind: "claimed", row: claimed };
  }
  return { kind: "more" };
}

/** Null when it is not there to be claimed. */
export function claimOne(
  db: Database,
  id: string,
  { claimant, now }: Pick<Choice, "claimant" | "now">,
  tell: Tell,
): OperationRow | null {
  const row = db.query<OperationRow, Bindings>(claimOneSql).get({ id, owner: JSON.stringify(claimant), now });
  if (row) tell(id, { type: "operation-started", template: row.template, name: row.name, parent: row.parent });
  return row;
}

type Candidate = Applicant & Pick<OperationRow, "template" | "concurrency_group" | "queued_at">;

/** Looked through for one that may be begun, where somebody has to be alone on a host. */
const mostLooks = 10_000;

function candidate(db: Database, { ids, overdueBefore }: Choice): Candidate | undefined {
  const apart = openApart(db, ids);
  const first = (sql: string, bindings: Bindings = {}) =>
    db
      .query<Candidate, Bindings>(sql)
      .all({ ...bindings, most: apart ? mostLooks : 1 })
      .find((each) => !apart?.(each));
  if (ids) return first(candidateOfSql, { ids: JSON.stringify(ids) });
  const urgent = first(candidateSql);
  if (!urgent || urgent.started_at !== null || overdueBefore === null) return urgent;
  const oldest = first(candidateOldestSql);
  return oldest && oldest.queued_at < overdueBefore ? oldest : urgent;
}

/** What it has to wait for, as a key that will be woken. */
function obstacle(db: Database, { template, concurrency_group: group }: Candidate, { groupLimit }: Choice) {
  if (isPaused(db, template)) return `pause:${template}`;
  return group === null || hasRoom(db, group, groupLimit) ? null : `group:${group}`;
}
