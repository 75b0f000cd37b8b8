import { type GitPlace, gitText } from "../git/git.ts";
import { mergeDriver, section } from "./merge-driver.ts";

/** Takes the driver out of this clone's configuration; false: there is none. Git merges state files as text then. */
export async function removeMergeDriver(place: GitPlace): Promise<boolean> {
  if ((await mergeDriver(place)) === undefined) return false;
  await gitText(place, ["config", "--local", "--remove-section", section]);
  return true;
}
