/** Operations as rows, without an agent: a queue in this process, and large databases filled by SQL. */
import type { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openEventLog } from "../../src/queue/event-log.ts";
import { type Claimant, type End, openQueue, type Submission } from "../../src/queue/queue.ts";
import { openStore } from "../../src/store/store.ts";
import { submission as anySubmission } from "../support/queue.ts";
import { noop } from "./measure.ts";

/** Of another process, that is no longer there. */
export const claimant: Claimant = { machine: "m".repeat(16), boot: "b".repeat(36), instance: "1".repeat(12), pid: 1 };

export const success: End = {
  status: "success",
  reason: null,
  error: null,
  failed_step: null,
  rollback: "none",
  attention: null,
  duration_ms: 3,
};

export function openJournal(data: string) {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const now = Date.now;
  const store = openStore(join(data, "garza.db"), now);
  const onListenerError = (thrown: unknown) => {
    throw thrown;
  };
  const queue = openQueue(store, openEventLog(store, { now, onListenerError }), { now, groupLimit: () => 1 });
  return { store, queue };
}

export const submission = (number: number): Submission =>
  anySubmission(`op_${String(number).padStart(18, "0")}`, {
    ...{ template: "bench", name: "bench", type: "maintain", asked_by: "bench" },
    template_text: noop,
    template_hash: "a".repeat(64),
  });

export type Filling = { queued: number; ended?: number; running?: number };

/** Many at once, each with its first event: queued ones of all priorities, ended ones, and ones that a dead process left. */
export function fill(db: Database, { queued, ended = 0, running = 0 }: Filling): void {
  const { id: _, priority: __, ...same } = submission(0);
  const owner = JSON.stringify(claimant);
  // 10 s a million as it is; nothing of it has to last.
  db.run("pragma synchronous = off");
  db.run("begin");
  db.query(
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < $all)
     insert into operation (id, template, name, type, template_text, template_hash, asked_by, priority, queued_at,
                            status, owner, started_at, ended_at)
     select printf('op_%018d', i), $template, $name, $type, $template_text, $template_hash, $asked_by, i % 10, $now,
            iif(i > $begun, 'queued', iif(i > $ended, 'running', 'success')),
            iif(i > $begun, null, $owner), iif(i > $begun, null, $now), iif(i > $ended, null, $now)
     from n`,
  ).run({ ...inSql(same), owner, now: Date.now(), ended, begun: ended + running, all: ended + running + queued });
  db.run(
    `insert into event select id, 1, queued_at, '{"type":"operation-queued","template":"bench","priority":5}' from operation`,
  );
  db.run("commit");
  db.run("pragma wal_checkpoint(truncate)");
  db.run("pragma synchronous = full");
}

const inSql = ({
  template,
  name,
  type,
  template_text,
  template_hash,
  asked_by,
}: Omit<Submission, "id" | "priority">) => ({
  template,
  name,
  type,
  template_text,
  template_hash,
  asked_by,
});
