import { alarm } from "../../core/clock.ts";
import { stop } from "../../hosts/far/far-process.ts";
import { insist } from "./reach.ts";
import type { RunningFar } from "./running-far.ts";

/**
 * Once the signal is aborted, the group is ended there, over a channel that is kept free for it. `tooLate` is aborted
 * when even that took too long: then nobody knows what became of it. `group`: of a process without a run folder.
 */
export function stopOnAbort(far: RunningFar, name: string, group: () => number | undefined = () => undefined) {
  const { signal, graceMs, become, host, mayRepeat } = far;
  const tooLate = new AbortController();
  let callOff = () => {};
  let stopped: Promise<string[]> | undefined;
  const begin = () => {
    callOff = alarm(mayRepeat ? lookTakesMs : graceMs + stopTakesMs, () => tooLate.abort(signal.reason));
    const which = group();
    const options = { graceMs, become, signal: tooLate.signal, ...(which !== undefined && { group: which }) };
    stopped = insist(far, tooLate.signal, (by) => stop(by, name, options));
    // Whoever follows awaits it in the end.
    stopped.catch(() => {});
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return {
    tooLate: tooLate.signal,
    /** Throws the signal's reason after a stop. */
    async done(): Promise<void> {
      if (!stopped) return;
      const escaped = await stopped;
      if (escaped.length > 0)
        await far.warn(`these processes got away from being stopped on ${host}: ${escaped.join(", ")}`);
      throw signal.reason;
    },
    release() {
      signal.removeEventListener("abort", begin);
      callOff();
    },
  };
}

/** A line that is dead without a word is found out within a minute. */
const stopTakesMs = 90_000;
/** What only looks is not waited for so long. */
const lookTakesMs = 5_000;
