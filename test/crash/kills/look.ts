/** Looks at a sandbox's data folder from outside, through a copy: whoever owns it is not asked and not disturbed. */
import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Accepted, audit, standing } from "./audit.ts";

/** Null while there is no database. Nobody may be writing. */
export function look<Answer>({ data }: Sandbox, judge: (database: string) => Answer): Answer | null {
  const aside = mkdtempSync(join(tmpdir(), "garza-look-"));
  const copy = join(aside, "garza.db");
  try {
    if (!existsSync(join(data, "garza.db"))) return null;
    copyFileSync(join(data, "garza.db"), copy);
    if (existsSync(join(data, "garza.db-wal"))) copyFileSync(join(data, "garza.db-wal"), `${copy}-wal`);
    return judge(copy);
  } finally {
    rmSync(aside, { recursive: true });
  }
}

const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const parse = (text: string): unknown => (text === "" ? null : JSON.parse(text));

/** What is wrong; a line each. */
export function judge(box: Sandbox, accepted: readonly Accepted[]): string[] {
  const found = {
    effects: read(join(box.root, "effects")),
    made: parse(read(join(box.root, "infra/state/made.json"))),
    log: parse(read(join(box.root, "infra/state/operations.json"))),
  };
  return look(box, (database) => audit({ database, ...found }, accepted)) ?? ["there is no database"];
}

export type Moment = {
  /** Steps with work at hand, of operations that ran or were just being taken up. */
  insideAStep: { id: string; step: string }[];
  /** Where each is, by id: its status, and the step that failed. */
  standing: Map<string, string>;
  /** What each failed of, by id. */
  errors: Map<string, string | null>;
};

/** What the kill has cut through. */
export function momentOf(box: Sandbox): Moment {
  const state = look(box, (database) => {
    using db = new Database(database, { readonly: true });
    if (!db.query("select 1 from sqlite_schema where name = 'step'").get()) return null;
    const rows = db
      .query<{ id: string; status: string; failed_step: string | null; error: string | null }, []>(
        "select id, status, failed_step, error from operation",
      )
      .all();
    return {
      // What was nested counts for the operation that a person asked for.
      insideAStep: db
        .query<{ id: string; step: string }, []>(`
          select distinct coalesce(operation.parent, operation.id) as id, step.name as step from step join operation on operation.id = step.operation
          where step.status = 'running' and step.started_at is not null
            and step_type not in ('delay', 'wait_for', 'lock', 'conditional', 'foreach', 'parallel', 'load_operation')
            and operation.status in ('running', 'queued')`)
        .all(),
      standing: new Map(rows.map((row) => [row.id, standing(row)])),
      errors: new Map(rows.map(({ id, error }) => [id, error])),
    };
  });
  return state ?? { insideAStep: [], standing: new Map(), errors: new Map() };
}
