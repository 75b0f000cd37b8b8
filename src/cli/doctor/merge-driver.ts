import { existsSync } from "node:fs";
import { join } from "node:path";
import { findGitFolder } from "../../core/git-folder.ts";
import { ownProgram } from "../merge-driver.ts";
import { type Finding, ok, type Patient, warn } from "./check.ts";

const name = "state merge";

/** Whether git merges state files by key and by id, or as text. */
export async function checkMergeDriver({ places, terminal: { env } }: Patient): Promise<Finding[]> {
  if (!places || !findGitFolder(places.root) || !existsSync(join(places.root, "infra/state"))) return [];
  if (!Bun.which("git", { PATH: env.PATH ?? "" })) return [];
  const { hasAttribute, isDriver, mergeDriver } = await import("../../state/merge-driver.ts");
  if (!hasAttribute(places.root))
    return [warn(name, "git merges state files as text: .gitattributes does not name garza for them", "garza init")];
  const driver = await mergeDriver({ directory: places.root, env });
  if (driver === undefined)
    return [warn(name, "git merges state files as text: this clone has no driver for them", "garza init")];
  const program = ownProgram();
  if (program === undefined || isDriver(driver, program)) return [ok(name, driver)];
  return [warn(name, `git merges state files with another garza: ${driver}`, "To take this one: garza init")];
}
