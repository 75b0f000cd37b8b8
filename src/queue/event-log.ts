/** Stores events beside the changes they report, and tells the listeners once both are durable. */
import type { Database } from "bun:sqlite";
import type { EventBody, Listener, OperationEvent } from "../core/events.ts";
import type { Store } from "../store/store.ts";
import appendSql from "./append-event.sql" with { type: "text" };

/**
 * The named points of the journal, each passed once its commit is durable: submitted, claimed, before a step, its
 * process started, after the step, ended. (J4, the process at work, is nobody's commit.)
 */
export type JournalPoint = "J0" | "J1" | "J2" | "J3" | "J5" | "J6";

/** Stores an event of the operation in the transaction at hand. */
export type Tell = (operation: string, body: EventBody) => void;

export type EventLog = {
  /** Makes a change and its events durable in one transaction, then emits them in order. */
  record<T>(
    operation: string,
    events: EventBody[] | ((value: T) => EventBody[]),
    change: (db: Database) => T,
    point?: JournalPoint,
  ): Promise<T>;
  /** The same for a change that finds out itself what it is about. It may be run twice: see `Store.write`. */
  transact<T>(
    change: (db: Database, tell: Tell) => T,
    point?: JournalPoint | ((value: T) => JournalPoint | null),
  ): Promise<T>;
  listen(listener: Listener): () => void;
};

export type EventLogOptions = {
  now: () => number;
  onListenerError(cause: unknown): void;
  /** Called at each named point: crash tests end the process there. */
  passed?(point: JournalPoint): void;
};

export function openEventLog(store: Store, { now, onListenerError, passed }: EventLogOptions): EventLog {
  const listeners = new Set<Listener>();
  const emit = (event: OperationEvent) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (cause) {
        onListenerError(cause);
      }
    }
  };
  const log: EventLog = {
    record: (operation, bodies, change, point) =>
      log.transact((db, tell) => {
        const changed = change(db);
        for (const body of typeof bodies === "function" ? bodies(changed) : bodies) tell(operation, body);
        return changed;
      }, point),
    async transact(change, point) {
      const at = now();
      const { value, events } = await store.write((db) => {
        const told: OperationEvent[] = [];
        const changed = change(db, (operation, body) => told.push(append(db, operation, at, body)));
        return { value: changed, events: told };
      });
      const reached = typeof point === "function" ? point(value) : point;
      if (reached) passed?.(reached);
      for (const event of events) emit(event);
      return value;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return log;
}

function append(db: Database, operation: string, at: number, body: EventBody): OperationEvent {
  const stored = db
    .query<{ sequence: number }, { operation: string; at: number; body: string }>(appendSql)
    .get({ operation, at, body: JSON.stringify(body) });
  return { ...body, operation, at, sequence: stored?.sequence ?? 0 };
}
