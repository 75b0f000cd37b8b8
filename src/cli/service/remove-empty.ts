import { rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ServicePlace } from "../../agent/service/service.ts";
import type { Env } from "../../core/places.ts";

/** Removes a folder, and then those above it, each only under the name given for it and while nothing is in it any more. */
export function removeEmpty(folder: string, ...names: string[]): void {
  for (const name of names) {
    if (basename(folder) !== name) return;
    try {
      rmdirSync(folder);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") return;
    }
    folder = dirname(folder);
  }
}

/** A user who has no other unit had no such folders either. */
export function removeUnitFolders({ manager, scope, file }: ServicePlace): void {
  if (manager !== "systemd" || scope !== "user") return;
  const wanted = join(dirname(file), "default.target.wants");
  removeEmpty(wanted, "default.target.wants", "user", "systemd", ".config");
}

/** What the data folder was in. One that a person named is theirs. */
export function removeDataHome(data: string, { GARZA_HOME }: Env): void {
  if (!GARZA_HOME) removeEmpty(dirname(data), "garza", "state", ".local");
}
