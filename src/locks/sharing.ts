/** What the shared locks of one root work with. */
import type { Clock } from "../core/clock.ts";
import type { PrivateStore } from "../git/private-store.ts";
import type { Store } from "../store/store.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Legacy } from "./legacy.ts";
import type { Sightings } from "./sightings.ts";
import type { Tickets } from "./tickets.ts";
import type { Turns } from "./turns.ts";

export type Sharing = {
  db: Store;
  store: PrivateStore;
  root: string;
  /** The setting of that name: see `fetchBranch`. */
  branch: string;
  /** Undefined: files of another tool are no locks. */
  legacy: Legacy | undefined;
  clock: Clock;
  /** Of this data folder: random id, name for people. */
  machine: { id: string; host: string };
  sightings: Sightings;
  deadlines: Deadlines;
  tickets: Tickets;
  /** Commits of tickets for which we have stood aside in vain: who left them may be gone. Shown anew, they have another. */
  inVain: Set<string>;
  /** Transitions of one resource are made one after the other. */
  turns: Turns;
};

/** Up to `most` ms, growing with every try: machines that fail together don't come back together. */
export const jitter = (tries: number, most: number): number =>
  Math.random() * Math.min(most, 30 * 2 ** Math.min(tries, 20));
