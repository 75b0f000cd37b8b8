/** Looking at locks beside whoever owns the data folder: the database read-only, and the remote itself. */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Places } from "../core/config.ts";
import { prepareData } from "../core/data-folder.ts";
import { parseDuration } from "../core/duration.ts";
import { problem } from "../core/problem.ts";
import { loadSettings } from "../core/settings.ts";
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

/** Runs `look` with what it needs, anew each time: what is there may change. */
export async function lookAtLocks<Answer>(
  places: Places,
  terminal: Terminal,
  look: (surveyor: Surveyor) => Promise<Answer>,
): Promise<Answer> {
  prepareData(places);
  const { now } = terminal.clock;
  const { data, root } = places;
  const settings = loadSettings(places, terminal.env);
  const store = await remoteOf({ root, settings, sockets: join(data, "ssh"), env: definedEnv(terminal) })();
  const sightings = openSightings(join(data, "locks"), () => patienceOf(settings), { now });
  const file = join(data, "garza.db");
  const db = existsSync(file) ? openReadOnly(file) : null;
  try {
    return await look({
      db,
      remote: store && { store, sightings, legacy: openLegacy({ store, root, settings }) },
      host: hostname(),
      now: now(),
    });
  } finally {
    db?.close();
  }
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
