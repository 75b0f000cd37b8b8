/** Puts together what the engine works with: the registry, the inventory, state, locks, secrets, templates. */
import type { Database } from "bun:sqlite";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Places } from "../core/config.ts";
import { parseDuration } from "../core/duration.ts";
import { type Masker, masker } from "../core/redact.ts";
import { openSecrets, storedSecrets } from "../core/secrets.ts";
import { loadSettings, type Settings } from "../core/settings.ts";
import type { Mapping } from "../core/value.ts";
import type { Journal } from "../engine/journal/journal.ts";
import type { ReadOnlyWorld, World } from "../engine/world.ts";
import { tidyStore } from "../git/pack-store.ts";
import { openConnections } from "../hosts/connections.ts";
import { loadInventory } from "../hosts/read-inventory.ts";
import { loadServices } from "../hosts/read-services.ts";
import type { HostNote } from "../hosts/surroundings.ts";
import { openDeadlines } from "../locks/deadlines.ts";
import { remoteOf } from "../locks/lock-remote.ts";
import type { Locks } from "../locks/locks.ts";
import { openLocks } from "../locks/open-locks.ts";
import { openSharing } from "../locks/open-sharing.ts";
import { ownRefs } from "../locks/outworn.ts";
import type { Notifier } from "../notify/notifier.ts";
import { openNotifier } from "../notify/open-notifier.ts";
import type { Claimant, Queue } from "../queue/queue.ts";
import { openStateFiles } from "../state/open-state-files.ts";
import type { StateFiles, StateUpdate } from "../state/state-files.ts";
import { readStateLog } from "../state/state-log.ts";
import { stepTypes } from "../steps/index.ts";
import type { Store } from "../store/store.ts";
import { openLibrary } from "../template/library.ts";
import type { Template } from "../template/template.ts";
import { hostSurroundings } from "./host-surroundings.ts";
import { commitsOf, openSharedState } from "./shared-state.ts";

export type Surrounding = {
  places: Places;
  env: Readonly<Record<string, string>>;
  clock: Clock;
  /** Templates in the binary, found when the repository has none of that name. */
  builtIn: Readonly<Record<string, string>>;
  /** The remote is asked for nothing: locks are this machine's alone, and state waits for a later process. */
  offline?: boolean;
};

/** Who hears of hosts that are reached by another route, or by none. */
type HostHearer = { say(text: string): void; notify?(note: HostNote): void };

/** Its connections are open once they are used: whoever made it closes them. */
type ReadOnlyParts = {
  /** Of state that is not in the work tree's history yet. */
  db?: Database | null;
  settings?: Settings;
  hearer?: HostHearer;
};

export function readOnlyWorld(
  { places, env, clock, builtIn }: Surrounding,
  locks: Pick<Locks, "holder">,
  { db = null, settings = loadSettings(places, env), hearer = { say: () => {} } }: ReadOnlyParts = {},
): ReadOnlyWorld {
  const from = { data: places.data, env, platform: process.platform };
  const secrets = openSecrets(from);
  // A passphrase that is stored while the agent lives holds for the next connection.
  const secretNow = (name: string) => openSecrets(from).get(name);
  return {
    places,
    env,
    clock,
    hostName: hostname(),
    stepTypes,
    library: openLibrary({ root: places.root, builtIn }),
    ...registries({ places, env }),
    state: openStateFiles({
      root: places.root,
      clock,
      ...(db && { log: { reader: readStateLog(db), hasCommit: commitsOf(places.root, env, settings) } }),
    }),
    locks,
    settings,
    secret: (name) => secrets.get(name),
    connections: openConnections(hostSurroundings({ places, env, clock, settings, secret: secretNow, ...hearer })),
  };
}

/** Templates that were read lately, by their hashes. */
const templatesKept = 64;

function templateCache(): World["templates"] {
  const known = new Map<string, Template>();
  return (hash, read) => {
    const template = known.get(hash) ?? read();
    // The one that was used longest ago is the first.
    known.delete(hash);
    known.set(hash, template);
    for (const oldest of known.size > templatesKept ? [...known.keys()].slice(0, 1) : []) known.delete(oldest);
    return template;
  };
}

/** Read when they are first asked for: each operation gets its own, so that it sees the files as they are by then. */
export const registries = ({ places: { root }, env }: Pick<Surrounding, "places" | "env">) => ({
  inventory: loadInventory(root, { env }),
  services: loadServices(root),
});

export type Machinery = {
  store: Store;
  queue: Queue;
  journal: Journal;
  settings: Settings;
  claimant: Claimant;
  ask: World["ask"];
  leaving: AbortSignal;
  /** Told what has no operation to stay with. */
  warn(message: string): void;
  /** Told when a lock has become free. */
  onFree(resource: string): void;
};

export function openWorld(surrounding: Surrounding, { store, warn, onFree, ...machinery }: Machinery): World {
  const { places, clock, env } = surrounding;
  const { queue, settings } = machinery;
  const machine = { id: machinery.claimant.machine, host: hostname() };
  const online = remoteOf({ root: places.root, settings, sockets: join(places.data, "ssh"), env });
  const remote = surrounding.offline ? () => Promise.resolve(undefined) : online;
  const deadlines = openDeadlines(clock);
  const shared = openSharedState({
    ...surrounding,
    db: store,
    settings,
    remote,
    async tell(operation, message) {
      warn(operation === null ? message : `operation ${operation}: ${message}`);
      if (operation !== null) await queue.addAttention(operation, message);
    },
  });
  const locks = openLocks({
    db: store,
    root: places.root,
    clock,
    sharing: openSharing({
      ...{ db: store, root: places.root, data: places.data },
      ...{ remote, deadlines, clock, machine, settings },
    }),
    deadlines,
    machine,
    ttlSeconds: () => Math.max(1, Math.ceil((parseDuration(settings["locks.ttl"].value) ?? 0) / 1000)),
    carry: shared.publisher.carry,
    isAwaited: (resource) => queue.isAwaited(`lock:${resource}`),
    isKept: keptBy(queue, clock, settings),
    warn,
    onFree,
  });
  const mask = masker(storedSecrets(places.data).values());
  const notifier = openNotifier({ store, clock, log: join(places.data, "notifications.log") });
  const masked: Notifier = { ...notifier, send: (note) => notifier.send(mask.maskValue(note) as typeof note) };
  const hearer: HostHearer = {
    say: (text) => warn(mask.mask(text)),
    notify: (note) => void masked.send({ channel: "log", ...note, id: `host-${clock.now()}`, operation: "" }),
  };
  const readOnly = { ...readOnlyWorld(surrounding, locks, { settings, hearer }), state: shared.state };
  locks.listen((event) => {
    if (event.type !== "lost") return;
    void shared.publisher.lost(event.operation, `lock ${event.resource} was lost`).catch(() => {});
  });
  return {
    ...readOnly,
    ...machinery,
    onFull: store.giveUp,
    locks,
    sharing: {
      publishNow: (operations) => shared.publisher.publishNow(operations, locks.move),
      publishSoon: shared.publisher.soon,
      withHistory: shared.withHistory,
      fresh: shared.fresh,
      repair: shared.repair,
      sync: shared.sync,
      async settled() {
        const owed = (await locks.settled()) ?? (await shared.publisher.flush());
        await shared.settled();
        return owed;
      },
      async tidy() {
        const found = await remote();
        if (found) await tidyStore(found, ownRefs(found));
      },
      end() {
        locks.end();
        shared.publisher.end();
      },
    },
    templates: templateCache(),
    state: maskedState(readOnly.state, mask),
    masker: mask,
    // Nothing leaves the process unmasked, whatever channel it takes.
    notifier: masked,
  };
}

/** An operation that waits for a person has its locks for a while; then others may have them. */
const keptBy =
  (queue: Queue, clock: Clock, settings: Settings) =>
  (operation: string): boolean => {
    const since = queue.interruptedSince(operation);
    return since === null || clock.now() - since < (parseDuration(settings["locks.interrupted_hold"].value) ?? 0);
  };

/** State files are shared through git: no secret gets into them. */
function maskedState(state: StateFiles, { maskValue }: Masker): StateFiles {
  const masked = (updates: StateUpdate[]) =>
    updates.map((update) => (update.value === undefined ? update : { ...update, value: maskValue(update.value) }));
  return {
    ...state,
    preview: (file, updates) => state.preview(file, masked(updates)),
    update: (file, updates, by) => state.update(file, masked(updates), by),
    append: (file, entry, id, by) => state.append(file, maskValue(entry) as Mapping, id, by),
  };
}
