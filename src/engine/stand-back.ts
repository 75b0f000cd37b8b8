import { GarzaError } from "../core/problem.ts";
import type { StandBack } from "../queue/queue.ts";

/**
 * The operation stops here without an end: it goes back into the queue, holding its locks but no worker, and is
 * carried on from its journal. Neither a failure nor an answer: nothing on the way may take it for one.
 */
export class StandsBack extends Error {
  override name = "StandsBack";
  readonly back: StandBack;
  constructor(back: StandBack) {
    super(back.reason);
    this.back = back;
  }
}

/**
 * For what a run writes into the journal. Where that can't be written, the run stops there: it must not be taken for
 * a failure of the step, whose effect may be there.
 */
export async function recorded<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    throw new StandsBack({ reason: "storage", waitingFor: null, wakeAt: null });
  }
}

/** The agent is asked to leave: no further step is begun. */
export const drained = () => new StandsBack({ reason: "drained", waitingFor: null, wakeAt: null });
