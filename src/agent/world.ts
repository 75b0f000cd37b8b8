/** Puts together what the engine works with: the registry, the inventory, state, locks, secrets, templates. */
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Places } from "../core/config.ts";
import { type Masker, masker } from "../core/redact.ts";
import { openSecrets, storedSecrets } from "../core/secrets.ts";
import { loadSettings } from "../core/settings.ts";
import type { Mapping } from "../core/value.ts";
import type { Journal } from "../engine/journal/journal.ts";
import type { ReadOnlyWorld, World } from "../engine/world.ts";
import { openConnections } from "../hosts/connections.ts";
import { loadInventory } from "../hosts/read-inventory.ts";
import { loadServices } from "../hosts/read-services.ts";
import type { HostNote } from "../hosts/surroundings.ts";
import { openLocalLocks } from "../locks/local-locks.ts";
import type { Locks } from "../locks/locks.ts";
import type { Notifier } from "../notify/notifier.ts";
import { openNotifier } from "../notify/open-notifier.ts";
import type { Claimant, Queue } from "../queue/queue.ts";
import { openStateFiles } from "../state/open-state-files.ts";
import type { StateFiles, StateUpdate } from "../state/state-files.ts";
import { stepTypes } from "../steps/index.ts";
import type { Store } from "../store/store.ts";
import { openLibrary } from "../template/library.ts";
import type { Template } from "../template/template.ts";
import { hostSurroundings } from "./host-surroundings.ts";

export type Surrounding = {
  places: Places;
  env: Readonly<Record<string, string>>;
  clock: Clock;
  /** Templates in the binary, found when the repository has none of that name. */
  builtIn: Readonly<Record<string, string>>;
};

/** Who hears of hosts that are reached by another route, or by none. */
type HostHearer = { say(text: string): void; notify?(note: HostNote): void };

/** Its connections are open once they are used: whoever made it closes them. */
export function readOnlyWorld(
  { places, env, clock, builtIn }: Surrounding,
  locks: Pick<Locks, "holder">,
  hearer: HostHearer = { say: () => {} },
): ReadOnlyWorld {
  const from = { data: places.data, env, platform: process.platform };
  const secrets = openSecrets(from);
  const settings = loadSettings(places, env);
  // A passphrase that is stored while the agent lives holds for the next connection.
  const secretNow = (name: string) => openSecrets(from).get(name);
  return {
    places,
    env,
    clock,
    hostName: hostname(),
    stepTypes,
    library: openLibrary({ root: places.root, builtIn }),
    ...registries(places.root),
    state: openStateFiles({ root: places.root, clock }),
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
export const registries = (root: string) => ({ inventory: loadInventory(root), services: loadServices(root) });

export type Machinery = {
  store: Store;
  queue: Queue;
  journal: Journal;
  claimant: Claimant;
  ask: World["ask"];
  leaving: AbortSignal;
  /** Told what has no operation to stay with. */
  warn(message: string): void;
  /** Told when a lock has become free. */
  onFree(resource: string): void;
};

export function openWorld(surrounding: Surrounding, { store, warn, onFree, ...machinery }: Machinery): World {
  const { places, clock } = surrounding;
  const locks = openLocalLocks({ store, root: places.root, host: hostname(), clock, warn, onFree });
  const mask = masker(storedSecrets(places.data).values());
  const notifier = openNotifier({ store, clock, log: join(places.data, "notifications.log") });
  const masked: Notifier = { ...notifier, send: (note) => notifier.send(mask.maskValue(note) as typeof note) };
  const readOnly = readOnlyWorld(surrounding, locks, {
    say: (text) => warn(mask.mask(text)),
    notify: (note) => void masked.send({ channel: "log", ...note, id: `host-${clock.now()}`, operation: "" }),
  });
  return {
    ...readOnly,
    ...machinery,
    onFull: store.giveUp,
    locks,
    templates: templateCache(),
    state: maskedState(readOnly.state, mask),
    masker: mask,
    // Nothing leaves the process unmasked, whatever channel it takes.
    notifier: masked,
  };
}

/** State files are shared through git: no secret gets into them. */
function maskedState(state: StateFiles, { maskValue }: Masker): StateFiles {
  const masked = (updates: StateUpdate[]) =>
    updates.map((update) => (update.value === undefined ? update : { ...update, value: maskValue(update.value) }));
  return {
    ...state,
    preview: (file, updates) => state.preview(file, masked(updates)),
    update: (file, updates) => state.update(file, masked(updates)),
    append: (file, entry, id) => state.append(file, maskValue(entry) as Mapping, id),
  };
}
