/** `garza status`: who runs operations, what runs and waits, what needs a person, how the last ones ended. */
import type { Mapping } from "../core/value.ts";
import type { LockHolder } from "../locks/locks.ts";
import { operationDocument } from "../queue/documents.ts";
import type { History } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";
import type { Stats } from "../queue/stats.ts";
import type { Owner } from "../store/owner.ts";
import { type Advice, adviceFor } from "./advice.ts";
import { leftBehind, type QueueReader } from "./queue-reader.ts";

export type Overview = {
  agent: Owner | null;
  /** The data folder where nothing more is begun for want of space; null while there is some. */
  fullDisk: string | null;
  stats: Stats;
  running: { operation: OperationRow; step: CurrentStep | null }[];
  /** The first of them, with why they wait; `stats` has their number. */
  queued: { operation: OperationRow; waiting: string | null }[];
  attention: (Advice & { operation: OperationRow })[];
  /** So many more were not looked at for what they need. */
  unseen: number;
  last: OperationRow[];
  locks: LockHolder[];
  /** What other machines are still to be told. */
  owed: { locks: number; changes: number };
  /** Each with the last operation that was about it and has ended. */
  services: { name: string; last: OperationRow | null }[];
};

/** `more`: steps that run beside it. */
export type CurrentStep = { name: string; started_at: number; more: number };

const lookBack = 200;
/** In the order of the queue the begun ones stand among the others. */
const lookAhead = 500;
/** Operations whose steps are read. */
const lookedAt = 20;
const shownQueued = 5;
const shownEnded = 10;

/** Nothing was submitted yet. */
export const emptyOverview = (stats: Stats): Overview => ({
  agent: null,
  fullDisk: null,
  stats,
  running: [],
  queued: [],
  attention: [],
  unseen: 0,
  last: [],
  locks: [],
  owed: { locks: 0, changes: 0 },
  services: [],
});

export function overview(reader: QueueReader): Overview {
  const { history, agent, surroundings, stats, fullDisk, locks, owed } = reader;
  const running = history.list({ status: "running", limit: lookBack });
  const left = leftBehind(history, running, reader.places);
  const queued = history.queued({ limit: lookAhead });
  const interrupted = history.list({ status: "interrupted", limit: lookBack });
  const ended = (["failed", "success", "cancelled"] as const).map((status) =>
    history.list({ status, limit: lookBack }),
  );
  const begun = queued.filter(({ started_at }) => started_at !== null);
  const open = [...running.filter(({ id }) => left.has(id)), ...interrupted, ...begun];
  const all = [...open, ...queued, ...ended.flat()];
  const attention = [...open.slice(0, lookedAt), ...ended.flat()].flatMap((operation) => {
    const advice = adviceFor(history, operation, { agent, isLeft: left.has(operation.id) });
    return advice && !isSettled(operation, all) ? [{ ...advice, operation }] : [];
  });
  const needy = new Set(attention.map(({ operation }) => operation.id));
  const newest = ended.flat().toSorted((a, b) => (b.ended_at ?? 0) - (a.ended_at ?? 0) || b.sequence - a.sequence);
  return {
    agent,
    fullDisk,
    locks,
    owed,
    services: reader.services.map((name) => ({ name, last: newest.find(({ target }) => target === name) ?? null })),
    stats: stats(),
    running: running
      .filter(({ id }) => !left.has(id))
      .map((operation, at) => ({ operation, step: at < lookedAt ? currentStep(history, operation) : null })),
    queued: queued
      .filter(({ id }) => !needy.has(id))
      .slice(0, shownQueued)
      .map((operation) => ({ operation, waiting: history.waiting(operation, surroundings) })),
    attention,
    unseen: Math.max(0, open.length - lookedAt),
    last: newest.slice(0, shownEnded),
  };
}

/** Somebody has seen to it: it was rolled back or run again, or what kept dying has gone well since. */
function isSettled({ id, reason, template, target, ended_at }: OperationRow, all: readonly OperationRow[]): boolean {
  return all.some(
    (other) =>
      other.retry_of === id ||
      other.rollback_of === id ||
      (reason === "crash_loop" &&
        other.status === "success" &&
        other.template === template &&
        other.target === target &&
        (other.started_at ?? 0) > (ended_at ?? 0)),
  );
}

/** Of the innermost operation that runs. */
export function currentStep(history: History, { id }: OperationRow): CurrentStep | null {
  const child = history.children(id).findLast(({ status }) => status === "running");
  const inner = child ? currentStep(history, child) : null;
  if (inner) return inner;
  const open = history.steps(id).filter(({ status }) => status === "running");
  const holders = new Set(open.map(({ parent }) => parent));
  const leaves = open.filter(({ key }) => !holders.has(key));
  const last = leaves.at(-1);
  return last ? { name: last.name, started_at: last.started_at, more: leaves.length - 1 } : null;
}

export function overviewDocument(all: Overview): Mapping {
  const { agent, fullDisk, stats, running, queued, attention, last, locks, owed, services } = all;
  return {
    agent: agent && { ...agent, busy: running.length },
    full_disk: fullDisk,
    paused: stats.paused,
    running: running.map(({ operation, step }) => ({ ...operationDocument(operation), current_step: step })),
    queued: queued.map(({ operation, waiting }) => operationDocument(operation, waiting)),
    queued_count: stats.queued,
    attention: attention.map(({ operation, why, next }) => ({
      ...operationDocument(operation),
      why,
      next: next.map(([, command]) => command),
      look: look(operation),
    })),
    locks: locks.map((holder) => ({ ...holder })),
    owed,
    services: services.map(({ name, last: latest }) => ({ name, last: latest && operationDocument(latest) })),
    ended: last.map((operation) => operationDocument(operation)),
  };
}

export const look = ({ id }: OperationRow) => `garza status ${id}`;
