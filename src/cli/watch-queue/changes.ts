/** What has changed from one look at the queue to the next. */
import type { History } from "../../queue/history.ts";
import type { OperationRow } from "../../queue/rows.ts";
import type { Stats } from "../../queue/stats.ts";
import type { Owner } from "../../store/owner.ts";
import { leftBehind, type QueueReader } from "../queue-reader.ts";
import { type CurrentStep, currentStep } from "../status-all.ts";

type Pause = Stats["paused"][number];

export type Change =
  | { type: "agent"; agent: Owner | null }
  | { type: "paused"; pause: Pause }
  | { type: "unpaused"; template: string | null }
  | {
      type: "operation";
      row: OperationRow;
      /** In words. */
      waiting: string | null;
      step: CurrentStep | null;
      /** The process that ran it is gone. */
      isLeft: boolean;
    };

const page = 500;
/** Known ones that are looked up each time; those further back in the queue get their turn later. */
const mostLookups = 1_000;

/** Each call tells what is new since the one before; the first one what there is, without what has ended. */
export function trackChanges(): (queue: QueueReader) => Change[] {
  let agent: string | null | undefined;
  let paused = new Map<string | null, Pause>();
  /** Open operations and the text that told of them, in the order in which they were seen. */
  const open = new Map<string, string>();
  let newest: number | undefined;

  const rowsOf = (history: History): Iterable<OperationRow> => {
    const rows = new Map<string, OperationRow>();
    const take = (found: readonly OperationRow[]) => {
      for (const row of found) rows.set(row.id, row);
    };
    const first = history.list({ limit: page });
    if (newest === undefined) {
      take(history.queued({ limit: page }));
      take(history.list({ status: "interrupted", limit: page }));
      take(first.filter(({ ended_at }) => ended_at === null));
    } else {
      const known = newest;
      for (
        let rest = first;
        rest.length > 0;
        rest = history.list({ limit: page, before: rest.at(-1)?.sequence ?? 0 })
      ) {
        take(rest.filter(({ id, sequence }) => sequence > known || open.has(id)));
        if ((rest.at(-1)?.sequence ?? 0) <= known) break;
      }
      for (const id of open.keys().take(mostLookups)) if (!rows.has(id)) rows.set(id, history.operation(id));
    }
    take(history.list({ status: "running", limit: page }));
    newest = Math.max(newest ?? 0, first[0]?.sequence ?? 0);
    return [...rows.values()].sort((a, b) => a.sequence - b.sequence);
  };

  return (queue) => {
    const { history, surroundings } = queue;
    const changes: Change[] = [];
    if (agent !== (queue.agent?.instance ?? null)) changes.push({ type: "agent", agent: queue.agent });
    agent = queue.agent?.instance ?? null;

    const pauses = new Map(queue.stats().paused.map((pause) => [pause.template, pause]));
    for (const [template, pause] of pauses) if (!paused.has(template)) changes.push({ type: "paused", pause });
    for (const template of paused.keys()) if (!pauses.has(template)) changes.push({ type: "unpaused", template });
    paused = pauses;

    const rows = [...rowsOf(history)];
    const left = leftBehind(history, rows, queue.places);
    for (const row of rows) {
      const step = row.status === "running" ? currentStep(history, row) : null;
      const isLeft = left.has(row.id);
      const told = [row.status, row.waiting_for, step?.name, isLeft].join(" ");
      if (open.get(row.id) !== told)
        changes.push({ type: "operation", row, waiting: history.waiting(row, surroundings), step, isLeft });
      if (row.ended_at === null) open.set(row.id, told);
      else open.delete(row.id);
    }
    return changes;
  };
}
