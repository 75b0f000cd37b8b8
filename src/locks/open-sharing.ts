import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { parseDuration } from "../core/duration.ts";
import type { Settings } from "../core/settings.ts";
import type { PrivateStore } from "../git/private-store.ts";
import type { Store } from "../store/store.ts";
import type { Deadlines } from "./deadlines.ts";
import { openLegacy } from "./legacy.ts";
import type { Sharing } from "./sharing.ts";
import { openSightings, type Patience } from "./sightings.ts";
import { openTickets } from "./tickets.ts";
import { openTurns } from "./turns.ts";

export type SharingRequest = {
  db: Store;
  root: string;
  remote(): Promise<PrivateStore | undefined>;
  deadlines: Deadlines;
  clock: Clock;
  machine: { id: string; host: string };
  settings: Settings;
  /** The data folder. */
  data: string;
};

/** What shared locks work with; undefined as long as there is no remote. */
export function openSharing({
  db,
  root,
  remote,
  deadlines,
  clock,
  machine,
  settings,
  data,
}: SharingRequest): () => Promise<Sharing | undefined> {
  const sightings = openSightings(join(data, "locks"), () => patienceOf(settings), { now: clock.now });
  const [tickets, turns] = [openTickets(machine, clock), openTurns()];
  const inVain = new Set<string>();
  return async () => {
    const store = await remote();
    if (!store) return undefined;
    const legacy = openLegacy({ store, root, settings });
    const branch = settings["state.branch"].value;
    return { db, store, root, branch, legacy, clock, machine, sightings, deadlines, tickets, inVain, turns };
  };
}

export function patienceOf(settings: Settings): Patience {
  const ms = (name: "locks.grace" | "locks.max_skew") => parseDuration(settings[name].value) ?? 0;
  return { graceMs: ms("locks.grace"), skewMs: ms("locks.max_skew") };
}
