/** The queue beside bare SQLite: the same schema, rows and commits, each in a process without anything else to do. */
import { join } from "node:path";
import appendSql from "../../src/queue/append-event.sql" with { type: "text" };
import claimSql from "../../src/queue/claim-one.sql" with { type: "text" };
import endSql from "../../src/queue/end.sql" with { type: "text" };
import type { OperationRow } from "../../src/queue/rows.ts";
import submitSql from "../../src/queue/submit.sql" with { type: "text" };
import type { Bindings } from "../../src/store/store.ts";
import { type Bench, type Figure, inTurns, withFolder } from "./measure.ts";
import { claimant, openJournal, submission, success } from "./rows.ts";

/** Operations submitted, claimed and ended, so many `together` in one turn of the event loop, and so in one commit. */
export function durableQueue(together: number): (bench: Bench) => Promise<Figure> {
  return (bench) =>
    withFolder(bench, async (folder) => {
      const [ours, bare] = [openJournal(join(folder, "ours")), openJournal(join(folder, "bare"))];
      const each = { ours: throughQueue(ours.queue, together), bare: byHand(bare.store.read, together) };
      const turns = 200 / together;
      const figure = await inTurns(
        20,
        async () => {
          for (let turn = 0; turn < turns; turn++) await each.ours();
        },
        () => {
          for (let turn = 0; turn < turns; turn++) each.bare();
        },
      );
      ours.store.close();
      bare.store.close();
      return { ...figure, unit: "ms", baseline: "the same commits by hand", bar: 1 / 0.8 };
    });
}

function throughQueue(queue: ReturnType<typeof openJournal>["queue"], together: number) {
  let number = 0;
  const all = <Result>(work: () => Promise<Result>) => Promise.all(Array.from({ length: together }, work));
  return async () => {
    await all(() => queue.submit([submission(++number)]));
    const chosen = await all(() => queue.claimNext({ claimant, ids: null, overdueBefore: null }));
    const rows = chosen.flatMap((one) => (one.kind === "claimed" ? [one.row] : []));
    await Promise.all(rows.map(({ id, epoch }) => queue.end({ id, epoch }, success)));
  };
}

/** Only what must be written, by statements that are prepared once. */
function byHand(db: ReturnType<typeof openJournal>["store"]["read"], together: number) {
  db.run("pragma wal_autocheckpoint = 1000");
  const [submit, append, end] = [submitSql, appendSql, endSql].map((sql) => db.query<unknown, Bindings>(sql));
  const claim = db.query<OperationRow, Bindings>(claimSql);
  const owner = JSON.stringify(claimant);
  let number = 0;
  const tell = (operation: string, body: object) =>
    append?.get({ operation, at: Date.now(), body: JSON.stringify(body) });
  const inOne = (work: () => void) => {
    db.run("begin immediate");
    work();
    db.run("commit");
  };
  return () => {
    const submitted = Array.from({ length: together }, () => submission(++number));
    inOne(() => {
      for (const row of submitted) {
        submit?.run({ ...row, waiting_for: null, wake_at: null, queued_at: Date.now() });
        tell(row.id, { type: "operation-queued", template: row.template, priority: row.priority });
      }
    });
    const claimed: OperationRow[] = [];
    inOne(() => {
      for (const { id, template, name, parent } of submitted) {
        claimed.push(...claim.all({ id, owner, now: Date.now() }));
        tell(id, { type: "operation-started", template, name, parent });
      }
    });
    inOne(() => {
      const { duration_ms, ...row } = success;
      for (const { id, epoch } of claimed) {
        end?.get({ id, epoch, ...row, ended_at: Date.now() });
        tell(id, { type: "operation-ended", duration_ms, ...row });
      }
    });
  };
}
