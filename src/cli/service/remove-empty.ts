import { readdirSync, rmdirSync } from "node:fs";
import { basename } from "node:path";

/** Removes a folder of this name that nothing is in any more; leaves any other alone. */
export function removeEmpty(folder: string, name: string): void {
  if (basename(folder) !== name) return;
  try {
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  } catch {
    // It is gone, or has got something in it: either way there is nothing to remove.
  }
}
