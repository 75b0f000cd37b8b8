/** The journal beside its owner, read-only. */
import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import { openReader } from "../agent/reader.ts";
import type { Reader } from "../api/reader.ts";
import type { Places } from "../core/config.ts";
import { GarzaError } from "../core/problem.ts";
import { groupLimit, loadSettings, type Settings } from "../core/settings.ts";
import { serviceNames } from "../hosts/service-names.ts";
import { holdersIn } from "../locks/holders.ts";
import type { LockHolder } from "../locks/locks.ts";
import { type History, openHistory } from "../queue/history.ts";
import type { Claimant } from "../queue/queue.ts";
import type { Surroundings } from "../queue/reasons.ts";
import type { OperationRow } from "../queue/rows.ts";
import type { Stats } from "../queue/stats.ts";
import { currentOwner, type Owner } from "../store/owner.ts";
import { hasReserve } from "../store/reserve.ts";
import type { Terminal } from "./terminal.ts";

export type QueueReader = {
  reader: Reader;
  history: History;
  /** Who runs operations now. */
  agent: Owner | null;
  surroundings: Surroundings;
  /** The data folder, where its disk is full. */
  fullDisk: string | null;
  stats(): Stats;
  /** Who holds what, here and elsewhere, as far as this machine has heard. */
  locks: LockHolder[];
  /** What other machines are still to be told: locks that were given back, changes of state files. */
  owed: { locks: number; changes: number };
  /** Of infra/services.yml. */
  services: readonly string[];
  places: Places;
  close(): void;
};

/** Null when nothing has been submitted yet. Throws `configuration`. */
export function openQueueReader(places: Places, { env, clock }: Pick<Terminal, "env" | "clock">): QueueReader | null {
  const settings = loadSettings(places, env);
  const history = openHistory(places);
  if (!history) return null;
  const agent = runningAgent(places);
  const workers = agent?.workers ?? 0;
  return {
    reader: openReader({ history, settings, workers: () => workers, now: clock.now, places, env }),
    history,
    agent,
    places,
    fullDisk: hasReserve(places.data) ? null : places.data,
    surroundings: { workers, groupLimit: (group) => groupLimit(settings, group) },
    locks: holdersIn(history.database, hostname()),
    owed: owedIn(history.database),
    services: namesOf(places.root),
    stats: () => history.stats({ workers, maxConcurrent: limitOf(settings), now: clock.now() }),
    close: () => history.close(),
  };
}

function owedIn(db: Database): QueueReader["owed"] {
  const count = (sql: string) => db.query<{ count: number }, []>(sql).get()?.count ?? 0;
  return {
    locks: count("select count(*) as count from lease where status = 'leaving'"),
    changes: count("select count(*) as count from state_change where status = 'pending'"),
  };
}

/** None where the registry can't be read: garza doctor tells why. */
function namesOf(root: string): string[] {
  try {
    return serviceNames(root);
  } catch (thrown) {
    if (thrown instanceof GarzaError) return [];
    throw thrown;
  }
}

/** The counts where nothing has been submitted yet. Throws `configuration`. */
export function noStats(places: Places, { env }: Pick<Terminal, "env">): Stats {
  const none = { queued: 0, running: 0, success: 0, failed: 0, cancelled: 0, interrupted: 0, waiting: 0, workers: 0 };
  return { ...none, max_concurrent: limitOf(loadSettings(places, env)), oldest_queued_ms: null, paused: [] };
}

const limitOf = (settings: Settings) => Number(settings["queue.max_concurrent"].value);

/** A command that only writes and leaves runs nothing. */
export function runningAgent({ data }: Places): Owner | null {
  const owner = currentOwner(data);
  return owner?.workers ? owner : null;
}

/** Of those that are recorded as running, the ones whose process is gone. */
export function leftBehind(history: History, rows: readonly OperationRow[], places: Places): Set<string> {
  if (!rows.some(({ status }) => status === "running")) return new Set();
  // Now that the rows are read: an agent that was not there before may have begun one of them.
  const agent = runningAgent(places);
  const isLeft = ({ status, owner }: OperationRow) =>
    status === "running" && (!agent || (JSON.parse(owner ?? "{}") as Partial<Claimant>).instance !== agent.instance);
  // One whose agent has left in between is back in the queue now, or has ended.
  return new Set(rows.filter((row) => isLeft(row) && isLeft(history.operation(row.id))).map(({ id }) => id));
}
