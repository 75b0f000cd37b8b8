/** Commands of steps that run under their wrappers, whether or not an agent does. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { statOf } from "../../core/files.ts";
import { readPid } from "../../core/process/evidence.ts";
import { isAlive } from "../../core/process/identity.ts";

export type LeftStep = { folder: string; group: number };

export function leftSteps(data: string): LeftStep[] {
  const runs = join(data, "run");
  if (!statOf(runs)) return [];
  return readdirSync(runs, { withFileTypes: true }).flatMap((entry) => {
    const folder = join(runs, entry.name);
    const identity = entry.isDirectory() ? readPid(folder) : undefined;
    return identity && isAlive(identity) ? [{ folder, group: identity.pid }] : [];
  });
}
