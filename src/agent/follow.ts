/** An operation's events, stored ones first and then as they come, with those of the operations within it. */
import type { OperationEvent } from "../core/events.ts";
import type { EventLog } from "../queue/event-log.ts";
import type { History } from "../queue/history.ts";

/** Events that wait for a reader; one who falls further behind reads the rest from the journal. */
const mostWaiting = 10_000;

export type Following = {
  events: Pick<EventLog, "listen">;
  history: History;
  id: string;
  /** The last event that is known, of the operation and of those within it. */
  after: ReadonlyMap<string, number>;
  signal: AbortSignal;
};

/** Ends behind the event that ends the operation (an interruption, too), or when the signal is aborted. */
export async function* follow({ events, history, id, after, signal }: Following): AsyncGenerator<OperationEvent> {
  const seen = new Map([[id, 0], ...after]);
  let waiting: OperationEvent[] = [];
  let isBehind = false;
  let bell = Promise.withResolvers<void>();

  const take = (event: OperationEvent) => {
    const isWithin = event.type === "operation-started" && event.parent !== null && seen.has(event.parent);
    if (isWithin && !seen.has(event.operation)) {
      seen.set(event.operation, 0);
      // It was submitted before anybody could know where it belongs.
      waiting.push(...history.events(event.operation).filter(({ sequence }) => sequence < event.sequence));
    }
    if (!seen.has(event.operation)) return;
    if (waiting.length < mostWaiting) waiting.push(event);
    else isBehind = true;
    bell.resolve();
  };
  const unlisten = events.listen(take);
  const wake = () => bell.resolve();
  signal.addEventListener("abort", wake, { once: true });
  const isNew = ({ operation, sequence }: OperationEvent) => sequence > (seen.get(operation) ?? 0);

  try {
    // All of it has been seen before.
    if (history.events(id, seen.get(id)).length === 0 && isOver(history, id)) return;
    let next: Iterable<OperationEvent> = stored(history, id, seen);
    while (!signal.aborted) {
      for (const event of next) {
        if (!isNew(event)) continue;
        seen.set(event.operation, event.sequence);
        yield event;
        if (event.operation === id && event.type === "operation-ended" && isOver(history, id)) return;
        if (signal.aborted) return;
      }
      if (waiting.length === 0 && !isBehind) await bell.promise;
      bell = Promise.withResolvers<void>();
      next = isBehind ? stored(history, id, seen) : waiting;
      waiting = [];
      isBehind = false;
    }
  } finally {
    unlisten();
    signal.removeEventListener("abort", wake);
  }
}

/** An interruption counts, unless it has been carried on since. */
function isOver(history: History, id: string): boolean {
  const { status, ended_at } = history.operation(id);
  return ended_at !== null || status === "interrupted";
}

/** What ran within a step stands behind its start, as it was then. */
function* stored(history: History, id: string, seen: ReadonlyMap<string, number>): Generator<OperationEvent> {
  const children = new Map(history.children(id).map((child) => [child.parent_step, child.id]));
  const after = seen.get(id) ?? 0;
  for (const step of children.size > 0 ? openAt(history.events(id), after) : []) {
    const child = children.get(step);
    if (child !== undefined) yield* stored(history, child, seen);
  }
  for (const event of history.events(id, after)) {
    yield event;
    const child = event.type === "step-started" ? children.get(attemptOf(event)) : undefined;
    if (child !== undefined) yield* stored(history, child, seen);
  }
}

/** Steps that had begun by then, and had not ended. */
function openAt(events: readonly OperationEvent[], after: number): Iterable<string> {
  const open = new Map<string, string>();
  for (const event of events) {
    if (event.sequence > after) break;
    if (event.type === "step-started") open.set(event.key, attemptOf(event));
    else if (event.type === "step-finished" || event.type === "step-retrying") open.delete(event.key);
  }
  return open.values();
}

const attemptOf = ({ key, attempt }: { key: string; attempt: number }) => `${key}@${attempt}`;
