/** Looking at locks beside whoever owns the data folder: the database read-only, and the remote itself. */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Places } from "../core/config.ts";
import { prepareData } from "../core/data-folder.ts";
import { parseDuration } from "../core/duration.ts";
import { problem } from "../core/problem.ts";
import { loadSettings, type Settings } from "../core/settings.ts";
import type { PrivateStore } from "../git/private-store.ts";
import { openLegacy } from "../locks/legacy.ts";
import { remoteOf } from "../locks/lock-remote.ts";
import { patienceOf } from "../locks/open-sharing.ts";
import { resourceName } from "../locks/resource-name.ts";
import { openSightings } from "../locks/sightings.ts";
import { type LockView, type Surveyor, surveyLock } from "../locks/survey.ts";
import { openReadOnly } from "../store/store.ts";
import type { Call } from "./command.ts";
import { definedEnv } from "./open.ts";
import type { Terminal } from "./terminal.ts";

/** `branch`: the setting of that name. */
export type LockRemote = { store: PrivateStore; root: string; branch: string; settings: Settings };

/** Undefined where the repository has no remote. */
export async function openLockRemote(places: Places, terminal: Terminal): Promise<LockRemote | undefined> {
  prepareData(places);
  const { data, root } = places;
  const settings = loadSettings(places, terminal.env);
  const store = await remoteOf({ root, settings, sockets: join(data, "ssh"), env: definedEnv(terminal) })();
  return store && { store, root, settings, branch: settings["state.branch"].value };
}

/** Runs `look` with what it needs, anew each time: what is there may change. */
export async function lookAtLocks<Answer>(
  places: Places,
  terminal: Terminal,
  look: (surveyor: Surveyor) => Promise<Answer>,
): Promise<Answer> {
  const { now } = terminal.clock;
  const reached = await openLockRemote(places, terminal);
  const file = join(places.data, "garza.db");
  const db = existsSync(file) ? openReadOnly(file) : null;
  try {
    const remote = reached && seenFrom(reached, places, now);
    return await look({ db, remote, host: hostname(), now: now() });
  } finally {
    db?.close();
  }
}

function seenFrom(remote: LockRemote, { data }: Places, now: () => number): NonNullable<Surveyor["remote"]> {
  const sightings = openSightings(join(data, "locks"), () => patienceOf(remote.settings), { now });
  return { store: remote.store, sightings, legacy: openLegacy(remote) };
}

/** One lock, and what its text needs besides. */
export const lookAtOne =
  (resource: string) =>
  async (surveyor: Surveyor): Promise<{ view: LockView; hasRemote: boolean }> => ({
    view: await surveyLock(surveyor, resource),
    hasRemote: surveyor.remote !== undefined,
  });

/** Throws `value-refused`. */
export const resourceOf = ({ args }: Pick<Call, "args">): string => resourceName(args[0] ?? "");

/** Milliseconds. Throws `usage`. */
export function durationOf({ value }: Pick<Call, "value">, flag: string, fallback: number): number {
  const written = value(flag);
  const ms = written === undefined ? fallback : parseDuration(written);
  if (ms !== undefined) return ms;
  throw problem({
    kind: "usage",
    message: `--${flag} needs a duration like 30s, 5m, 2h, not ${JSON.stringify(written)}`,
  });
}
