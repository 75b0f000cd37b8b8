/** Asks the same host again and again, by any route: what was sent there once is never sent again. */
import { GarzaError, messageOf } from "../../core/problem.ts";
import { type Connection, Lost, NotSent } from "../../hosts/connection.ts";
import { NotUnderstood } from "../../hosts/far/ask.ts";
import { Unknown } from "../past.ts";
import { forgetPlaces } from "./place.ts";
import type { RunningFar } from "./running-far.ts";

const longestPauseMs = 15_000;

/**
 * Throws `Unknown` once `signal` is aborted, or the outage was too long for a step without a limit of its own;
 * whatever else is thrown means that asking again is of no use, and so does it.
 */
export async function insist<T>(
  far: RunningFar,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { connections, clock, host, user, say } = far;
  const deadline = clock.monotonic() + longestOutage(far);
  for (let pause = 250; ; pause = Math.min(2 * pause, longestPauseMs)) {
    try {
      return await connections.use(host, { signal, control: true, ...(user !== undefined && { user }) }, work);
    } catch (thrown) {
      if (signal.aborted || !mayPass(thrown) || clock.monotonic() >= deadline) throw unknown(far, thrown);
      forgetPlaces(far);
      if (pause === 250) say(`${host} can't be asked now, and is asked again: ${messageOf(thrown)}`);
    }
    // Aborted, the next try says so.
    await clock.sleep(pause, signal).catch(() => {});
  }
}

export const tellLost = ({ host, say }: Pick<RunningFar, "host" | "say">, thrown: unknown) =>
  say(`the line to ${host} is gone (${messageOf(thrown)}): it is asked what became of the command`);

/** The line was cut, or nobody answers: by another look that may be over. */
export const isOutage = (thrown: unknown): boolean =>
  thrown instanceof Lost ||
  thrown instanceof NotSent ||
  (thrown instanceof GarzaError && thrown.problem.kind === "host-unreachable");

// A machine that has just come up may lack its shell's disk for a while.
const mayPass = (thrown: unknown) => isOutage(thrown) || thrown instanceof NotUnderstood;

/** How long a host may be out of reach; a step that has a time limit is stopped by that. */
function longestOutage({ timeoutMs, stepLimit, mayRepeat }: RunningFar): number {
  if (timeoutMs !== undefined || stepLimit !== undefined) return Number.POSITIVE_INFINITY;
  return mayRepeat ? 60_000 : 15 * 60_000;
}

function unknown({ name, host }: RunningFar, thrown: unknown): Unknown {
  if (thrown instanceof Unknown) return thrown;
  const why = thrown instanceof GarzaError ? thrown.message : `${host} can't be asked: ${messageOf(thrown)}`;
  return new Unknown(name, new Error(`nobody knows whether step ${name} took effect: ${why}`));
}
