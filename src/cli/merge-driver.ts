/** This program as git's merge driver for state files. */
import { GarzaError, messageOf } from "../core/problem.ts";
import { commit } from "../core/version.ts";
import type { Terminal } from "./terminal.ts";

/** Absolute; undefined: it is run from its source, and git would have nothing to call. */
export const ownProgram = () => (commit === "source" ? undefined : process.execPath);

type Say = (text: string) => void;

/**
 * At the start of what runs operations: they pull. Costs nothing where nothing is to be done, and never stops them.
 * `isQuiet`: only what went wrong is said.
 */
export async function keepMergeDriver(
  root: string,
  { env }: Pick<Terminal, "env">,
  say: Say,
  isQuiet = false,
): Promise<void> {
  const program = ownProgram();
  if (program === undefined) return;
  const { repairMergeDriver } = await import("../state/merge-driver.ts");
  try {
    const isChanged = await repairMergeDriver(root, program, { directory: root, env });
    if (isChanged && !isQuiet) say(`state files of this clone are merged by ${program} from now on`);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    say(`git will merge state files as text, as garza could not be set as their merge driver: ${messageOf(thrown)}`);
  }
}
