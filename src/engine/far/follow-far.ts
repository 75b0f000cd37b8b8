/** Follows a process on another host to its end: its output comes here piece by piece, each byte once. */

import { sync } from "../../core/files.ts";
import { sizeOf } from "../../core/output/cap.ts";
import { GarzaError } from "../../core/problem.ts";
import type { Connection } from "../../hosts/connection.ts";
import { type FarLook, look, type Offsets } from "../../hosts/far/far-process.ts";
import type { ProcessResult } from "../../steps/step.ts";
import { Unknown } from "../past.ts";
import { heedLapse, resultOf, type Start } from "../process-record.ts";
import { keep, skipBacklog } from "./keep.ts";
import { insist, isOutage, tellLost } from "./reach.ts";
import { type RunningFar, untilSeconds } from "./running-far.ts";
import { stopOnAbort } from "./stop-far.ts";

type Followed = {
  name: string;
  start: Start;
  first: FarLook;
  /** The one it was begun by, used as long as it holds. */
  connection?: Connection;
};

/** How much of its output is here already. */
export const offsetsOf = ({ out, err }: Pick<RunningFar, "out" | "err">, start: Start): Offsets => ({
  out: Math.max(0, sizeOf(out) - start.out),
  err: Math.max(0, sizeOf(err) - start.err),
});

export async function followFar(far: RunningFar, { name, start, first, connection }: Followed): Promise<ProcessResult> {
  const stopping = stopOnAbort(far, name);
  try {
    const { pid, start: startedAt, boot } = first;
    await far.onStart({
      host: far.host,
      folder: `~/.cache/garza/run/${name}`,
      pid: Number(pid),
      start: startedAt,
      boot,
    });
    const looking = lookerOf(far, name, connection, stopping.tooLate);
    const settle = settlerOf(far);
    let seen = first;
    for (;;) {
      const isKept = await kept(far, seen, start, stopping.tooLate);
      if (isKept && seen.state !== "running" && seen.behind.out + seen.behind.err === 0) break;
      const offsets = offsetsOf(far, start);
      seen = await looking(offsets, settle(offsets));
    }
    await stopping.done();
    if (seen.lapsed) await heedLapse(far);
    else if (seen.left !== "")
      await far.warn(`it left processes running on ${far.host}: ${seen.left.replaceAll(" ", ", ")}`);
    if (seen.state === "exited") return resultOf(far, { exitCode: seen.exitCode, signal: null }, start);
    // Its wrapper ended the group: nothing of it goes on, as after a time limit.
    if (seen.lapsed) return resultOf(far, { exitCode: null, signal: "SIGKILL" }, start);
    throw new Unknown(far.name);
  } finally {
    stopping.release();
  }
}

/** False: there was no room for all of it here. What is in the files by now is not asked for again. */
async function kept(far: RunningFar, seen: FarLook, start: Start, signal: AbortSignal): Promise<boolean> {
  const { host, clock, warn } = far;
  try {
    for (const stream of ["out", "err"] as const) {
      keep(far[stream], seen[stream]);
      skipBacklog(
        far[stream],
        seen.behind[stream],
        start[stream] + offsetsOf(far, start)[stream] + seen.behind[stream],
      );
    }
    return true;
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "storage-full" || signal.aborted) throw thrown;
    // A record of it may find no room either.
    await warn(`there is no room for its output here: it waits on ${host} until there is`).catch(() => {});
    await clock.sleep(fullPauseMs, signal).catch(() => {});
    return false;
  }
}
const fullPauseMs = 1_000;

/** Says now and then up to where the output is here for good, whatever becomes of this machine's power. */
function settlerOf(far: RunningFar): (offsets: Offsets) => Offsets | undefined {
  const settled = { out: 0, err: 0 };
  return (offsets) => {
    const grown = (["out", "err"] as const).filter((stream) => offsets[stream] - settled[stream] >= oftenBytes);
    if (grown.length === 0) return undefined;
    for (const stream of grown) {
      sync(far[stream]);
      settled[stream] = offsets[stream];
    }
    return { ...settled };
  };
}
const oftenBytes = 16 * 2 ** 20;

/** By its own connection while that holds, afterwards by any. */
function lookerOf(far: RunningFar, name: string, connection: Connection | undefined, signal: AbortSignal) {
  let own = connection;
  const ask = (by: Connection, offsets: Offsets, safe?: Offsets) =>
    look(by, name, offsets, { signal, untilSeconds: untilSeconds(far), safe });
  return async (offsets: Offsets, safe: Offsets | undefined): Promise<FarLook> => {
    try {
      if (own) return await ask(own, offsets, safe);
    } catch (thrown) {
      if (signal.aborted) throw new Unknown(far.name, thrown);
      if (!isOutage(thrown)) throw thrown;
      tellLost(far, thrown);
      own = undefined;
    }
    return insist(far, signal, (by) => ask(by, offsets, safe));
  };
}
