/** What happens by the clock: waking and expiring operations, forgetting old ones, looking for space and at the time. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { alarm } from "../core/clock.ts";
import { parseDuration } from "../core/duration.ts";
import { sweepRunFolders } from "../core/process/sweep.ts";
import type { World } from "../engine/world.ts";
import type { EventLog } from "../queue/event-log.ts";
import type { Store } from "../store/store.ts";

export type UpkeepRequest = {
  world: World;
  store: Store;
  events: EventLog;
  /** Operations may have become ready. */
  onChange(): void;
  /** Called every `lookMs`: with whether there were events since. */
  onTick(isChanged: boolean): void;
  lookMs: number;
  say(message: string): void;
};

const tickMs = 30_000;
const sweepMs = 24 * 3600 * 1000;
/** Also of a laptop that is never on for a whole day. */
const tidyMs = 6 * 3600 * 1000;
const runFolderKeptMs = 7 * 24 * 3600 * 1000;
const jumpMs = 5_000;

/** Returns what ends it. */
export function startUpkeep({ world, store, events, onChange, onTick, lookMs, say }: UpkeepRequest): () => void {
  const { queue, clock, settings, places, notifier } = world;
  const offset = () => clock.now() - clock.monotonic();
  let wall = offset();
  let callOff = () => {};
  let ended = false;

  const attempt = async (work: () => Promise<unknown>) => {
    // What can't be written now is tried again at the next tick.
    if (!ended) await work().catch(() => {});
  };

  const passTime = () =>
    attempt(async () => {
      for (const id of await queue.passTime()) await tellExpired(world, id);
      onChange();
      schedule();
    });

  const schedule = () => {
    callOff();
    const at = ended ? null : queue.nextTime();
    if (at !== null) callOff = alarm(Math.max(0, at - clock.now()) + 1, () => void passTime());
  };

  /** What was to come at a time is due earlier or later now. */
  const lookAtClock = () => {
    const jumped = Math.round(offset() - wall);
    if (Math.abs(jumped) <= jumpMs) return;
    wall = offset();
    const seconds = Math.round(Math.abs(jumped) / 1000);
    say(
      `the clock jumped ${jumped > 0 ? `forward by ${seconds} s: it was set, or the machine slept` : `back by ${seconds} s`}`,
    );
    void passTime();
  };

  const look = () => {
    store.watch();
    if (store.isFull()) store.regain();
    lookAtClock();
    onTick(isChanged);
    isChanged = false;
  };

  const tick = async () => {
    lookAtClock();
    // One that is slowly put right does not jump.
    wall = offset();
    await attempt(() => queue.wakeAll());
    await passTime();
    await attempt(() => notifier.deliverPending());
    await attempt(forgetOld);
  };

  const forgetOld = async () => {
    const keptDays = parseDuration(`${settings["history.keep_days"].value}d`) ?? Number.POSITIVE_INFINITY;
    const keep = { since: clock.now() - keptDays, count: Number(settings["history.keep"].value) };
    for (const id of await queue.prune(keep)) {
      for (const folder of ["output", "secrets"])
        rmSync(join(places.data, folder, id), { recursive: true, force: true });
    }
  };

  /** Run folders whose step nobody knows: a database was restored, or a result recorded just before a power cut. */
  const sweep = () =>
    attempt(async () => {
      await sweepRunFolders(join(places.data, "run"), queue.hasStep, runFolderKeptMs, clock.now());
    });

  void sweep();
  const sweeping = setInterval(() => void sweep(), sweepMs);
  const tidying = setInterval(() => void attempt(() => world.sharing.tidy()), tidyMs);
  const ticking = setInterval(() => void tick(), tickMs);
  const looking = setInterval(look, lookMs);
  let isDue = false;
  let isChanged = true;
  const unlisten = events.listen(({ type }) => {
    isChanged = true;
    if (isDue || (type !== "operation-queued" && type !== "operation-waiting")) return;
    // Once for all of a batch.
    isDue = true;
    setImmediate(() => {
      isDue = false;
      schedule();
    });
  });
  schedule();
  return () => {
    ended = true;
    callOff();
    clearInterval(ticking);
    clearInterval(looking);
    clearInterval(sweeping);
    clearInterval(tidying);
    unlisten();
  };
}

async function tellExpired({ queue, notifier }: World, id: string): Promise<void> {
  const row = queue.operation(id);
  if (!row) return;
  await notifier.send({
    channel: "log",
    priority: "normal",
    title: `${row.template} expired`,
    message: `${row.error}; run it again: garza queue retry ${id}`,
    id: `${id}-expired`,
    operation: id,
  });
}
