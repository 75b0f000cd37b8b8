/** What became of the steps that were running when their process died: read from their run folders, changing nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "../core/config.ts";
import { isClaimed, readExit, readPid, runFolders } from "../core/process/evidence.ts";
import { bootId, isAlive } from "../core/process/identity.ts";
import { currentOwner } from "../store/owner.ts";
import type { Claimant } from "./queue.ts";
import type { OperationRow, StepRow } from "./rows.ts";

export type StepEvidence = {
  key: string;
  name: string;
  /** `gone`: it ran and left no record, or it is a step without a process of its own. */
  state: "never-started" | "running" | "exited" | "gone";
  exitCode: number | null;
};

export type OperationEvidence = {
  /** The process that has the operation is still there. */
  alive: boolean;
  /** Steps without a recorded result. */
  steps: StepEvidence[];
};

export function evidenceOf(places: Places, operation: OperationRow, steps: readonly StepRow[]): OperationEvidence {
  const owner = operation.owner === null ? null : (JSON.parse(operation.owner) as Claimant);
  const alive =
    operation.status === "running" && owner !== null && currentOwner(places.data)?.instance === owner.instance;
  const open = steps.filter(({ status }) => status === "running");
  return {
    alive,
    steps: open.map(({ key, name, token, intent }) => {
      const seen = peek(join(places.data, "run"), token);
      // A power cut may have taken away what would tell that it was started.
      const isLost = seen.state === "never-started" && (JSON.parse(intent) as { boot?: string }).boot !== bootId();
      return { key, name, ...seen, ...(isLost && { state: "gone" as const }) };
    }),
  };
}

/** A step with several processes has a folder for each, numbered; the last one tells. */
function peek(runs: string, token: string): Pick<StepEvidence, "state" | "exitCode"> {
  let number = 0;
  while (existsSync(join(runs, `${token}-${number + 1}`))) number++;
  const folder = runFolders(join(runs, `${token}-${number}`)).at(-1);
  if (folder === undefined) return { state: "gone", exitCode: null };
  const exitCode = readExit(folder);
  if (exitCode !== undefined) return { state: "exited", exitCode };
  if (isClaimed(folder)) return { state: "never-started", exitCode: null };
  const identity = readPid(folder);
  if (identity) return { state: isAlive(identity) ? "running" : "gone", exitCode: null };
  return { state: existsSync(join(folder, "started")) ? "gone" : "never-started", exitCode: null };
}
