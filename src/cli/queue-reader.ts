/** The journal beside its owner, read-only. */
import { openReader } from "../agent/reader.ts";
import type { Reader } from "../api/reader.ts";
import type { Places } from "../core/config.ts";
import { groupLimit, loadSettings, type Settings } from "../core/settings.ts";
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
    fullDisk: hasReserve(places.data) ? null : places.data,
    surroundings: { workers, groupLimit: (group) => groupLimit(settings, group) },
    stats: () => history.stats({ workers, maxConcurrent: limitOf(settings), now: clock.now() }),
    close: () => history.close(),
  };
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

/** Of those that are recorded as running, the ones whose process is gone. `agent`: found after the rows were read. */
export function leftBehind(history: History, rows: readonly OperationRow[], agent: Owner | null): Set<string> {
  const isLeft = ({ status, owner }: OperationRow) =>
    status === "running" && (!agent || (JSON.parse(owner ?? "{}") as Partial<Claimant>).instance !== agent.instance);
  // One whose agent has left in between is back in the queue now, or has ended.
  return new Set(rows.filter((row) => isLeft(row) && isLeft(history.operation(row.id))).map(({ id }) => id));
}
