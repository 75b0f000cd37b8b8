/** Rolling back another operation's work begins with the locks that it had when it stopped. */
import { GarzaError, type Problem } from "../core/problem.ts";
import { configure } from "./configure.ts";
import type { Reached } from "./reached.ts";
import type { Run } from "./run.ts";

/** Notes what a recorded `lock` or `unlock` step means for who takes its operation's place. */
export function noteLock({ step, type, rendering, frame }: Reached): void {
  const { run } = frame;
  if (run.past?.stop?.kind !== "rolled-back" || (step.type !== "lock" && step.type !== "unlock")) return;
  const { resource } = configure(step, type, rendering) as { resource: string };
  if (step.type === "lock") run.retake.add(resource);
  else run.retake.delete(resource);
}

/** Null when it has them all; else why not, and then nothing may be done. */
export async function retakeLocks(run: Run): Promise<Problem | null> {
  const { locks } = run.world;
  const { signal } = new AbortController();
  for (const resource of run.retake) {
    try {
      const request = {
        resource,
        operation: run.id,
        within: run.lineage,
        operator: run.askedBy,
        waitSeconds: 0,
        signal,
      };
      run.tokens.set(resource, await locks.acquire(request));
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
      return thrown.problem;
    }
  }
  return null;
}
