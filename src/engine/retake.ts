/** Going on where another process, or another operation, has stopped begins with the locks that it had then. */
import { GarzaError, type Problem } from "../core/problem.ts";
import { configure } from "./configure.ts";
import type { Reached } from "./reached.ts";
import type { Run } from "./run.ts";
import { StandsBack } from "./stand-back.ts";

/** Notes what a recorded `lock` or `unlock` step means for who takes its operation's place. */
export function noteLock({ step, type, rendering, frame }: Reached): void {
  const { run } = frame;
  if (run.past?.stop?.kind !== "rolled-back" || (step.type !== "lock" && step.type !== "unlock")) return;
  const { resource } = configure(step, type, rendering) as { resource: string };
  if (step.type === "lock") run.retake.add(resource);
  else run.retake.delete(resource);
}

/**
 * The shared locks of an operation that is carried on. Throws `lock-moved` where others had one meanwhile; stands back
 * while the remote can't be asked.
 */
export async function takeLocksAgain({ world, id, tokens }: Run): Promise<void> {
  const { locks, clock } = world;
  try {
    await locks.retake(id);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind === "lock-moved") throw thrown;
    throw new StandsBack({ reason: "remote", waitingFor: "remote", wakeAt: clock.now() + askAgainMs });
  }
  for (const { resource, token } of await locks.heldBy(id)) tokens.set(resource, token);
}

const askAgainMs = 30_000;

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
