/** What an agent works with, put together over the data folder that it owns. */
import { join } from "node:path";
import { makeFolder } from "../core/files.ts";
import type { Problem } from "../core/problem.ts";
import { bootId } from "../core/process/identity.ts";
import { groupLimit, type Settings } from "../core/settings.ts";
import { openJournal } from "../engine/journal/journal.ts";
import type { World } from "../engine/world.ts";
import { type EventLog, openEventLog } from "../queue/event-log.ts";
import { type History, readHistory } from "../queue/history.ts";
import { openQueue, type Queue } from "../queue/queue.ts";
import { openStore, type Store } from "../store/store.ts";
import { killAt } from "./kill-at.ts";
import { openWorkers, type Workers } from "./workers.ts";
import { openWorld, type Surrounding } from "./world.ts";

export type MachineryRequest = Surrounding & {
  settings: Settings;
  machine: string;
  /** Random, of this process. */
  instance: string;
  limit(): number;
  onlyOwn: boolean;
  ask: World["ask"];
  leave: AbortController;
  say(message: string): void;
  onBug(thrown: unknown, operation: string): void;
  onBroken(problem: Problem): void;
};

export type Machinery = {
  store: Store;
  events: EventLog;
  queue: Queue;
  history: History;
  world: World;
  workers: Workers;
};

export function openMachinery(request: MachineryRequest): Machinery {
  const { places, env, clock, settings, limit, onlyOwn, ask, leave, say, onBug, onBroken } = request;
  makeFolder(join(places.data, "run"));
  const store = openStore(join(places.data, "garza.db"), clock.now, {
    onTrouble(trouble) {
      if (trouble.kind === "broken") onBroken(trouble.problem);
      if (trouble.kind === "full") say(`no space left at ${places.data}: what runs is recorded, nothing more is begun`);
      if (trouble.kind === "space") {
        say("there is space again");
        workers.wake();
      }
    },
  });
  const onListenerError = (thrown: unknown) => onBug(thrown, "");
  const events = openEventLog(store, { now: clock.now, onListenerError, passed: killAt(env.GARZA_KILL_AT) });
  const queue = openQueue(store, events, { now: clock.now, groupLimit: (group) => groupLimit(settings, group) });
  const onFree = async (resource: string) => {
    await queue.wake(`lock:${resource}`);
    workers.wake();
  };
  const world = openWorld(request, {
    store,
    queue,
    journal: openJournal(events, clock.now),
    settings,
    claimant: { machine: request.machine, boot: bootId(), instance: request.instance, pid: process.pid },
    ask,
    leaving: leave.signal,
    warn: say,
    // What can't be written now is found by the upkeep's next look.
    onFree: (resource) => void onFree(resource).catch(() => {}),
  });
  const workers = openWorkers({ world, limit, onlyOwn, isFull: store.isFull, leave, onBug });
  return { store, events, queue, history: readHistory(store.read, places), world, workers };
}
