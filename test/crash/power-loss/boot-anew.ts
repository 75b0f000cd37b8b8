import { Database } from "bun:sqlite";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootId } from "../../../src/core/process/identity.ts";

/**
 * Makes what is recorded in a data folder look as if it was recorded before the machine was started again. Answers with
 * the operation that was running then.
 */
export function bootAnew(data: string): string | undefined {
  const file = join(data, "garza.db");
  if (!existsSync(file)) return undefined;
  const before = bootId().replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
  const runs = join(data, "run");
  for (const folder of existsSync(runs) ? readdirSync(runs) : []) {
    const pid = join(runs, folder, "pid");
    if (existsSync(pid)) writeFileSync(pid, readFileSync(pid, "latin1").replace(bootId(), before));
  }
  using db = new Database(file, { readwrite: true });
  if (!db.query("select 1 from sqlite_schema where name = 'step'").get()) return undefined;
  const boots = { $now: bootId(), $before: before };
  db.query("update operation set owner = replace(owner, $now, $before) where status = 'running'").run(boots);
  db.query("update step set intent = replace(intent, $now, $before), handle = replace(handle, $now, $before)").run(
    boots,
  );
  return db.query<{ id: string }, []>("select id from operation where status = 'running'").get()?.id;
}
