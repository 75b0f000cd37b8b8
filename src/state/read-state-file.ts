import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { contained, readRegular } from "../core/files.ts";
import type { JsonDocument } from "../core/json.ts";
import { largestText, readStateText } from "./read-text.ts";
import type { StateFile } from "./state-folder.ts";

/** `text`: undefined where there is no file. `mode`: its permissions, or those that a new one gets. */
export type Loaded = { document: JsonDocument; text: string | undefined; mode: number };

/** An absent file is an empty mapping. Throws `data-damaged` with the place, `path-refused`. */
export function readStateFile({ real, shown }: StateFile): Loaded {
  const found = readRegular(real, shown, largestText);
  return { document: readStateText(found?.text, shown), text: found?.text, mode: found?.mode ?? 0o644 };
}

/** Every state file of the root, as `deployments.json`, `deep/x.json`; sorted. */
export function listStateFiles(root: string): string[] {
  const folder = contained(root, join("infra", "state"));
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".json") && !name.startsWith("locks/")).sort();
}
