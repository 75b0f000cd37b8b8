/** One process on another host, to its end: started there, or found again by its run folder. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { alarm } from "../../core/clock.ts";
import { problem } from "../../core/problem.ts";
import { bootId } from "../../core/process/identity.ts";
import { type Connection, Lost, NotSent } from "../../hosts/connection.ts";
import { NotUnderstood } from "../../hosts/far/ask.ts";
import { begin, claim } from "../../hosts/far/far-process.ts";
import type { ProcessResult } from "../../steps/step.ts";
import { Unknown } from "../past.ts";
import { limitsOf, noteStart, readStart, tooLong } from "../process-record.ts";
import { followFar, offsetsOf } from "./follow-far.ts";
import { forgetPlaces, placeOf } from "./place.ts";
import { runPlain } from "./plain-far.ts";
import { insist, tellLost } from "./reach.ts";
import { noteFar, type RunningFar, readFar, untilSeconds } from "./running-far.ts";

/**
 * Throws the signal's reason, `timed-out`, `host-unreachable` and the like while nothing was sent; afterwards
 * `Unknown` where the host can't be asked any more, or has no record.
 */
export async function runFar(given: RunningFar): Promise<ProcessResult> {
  const { boot } = given;
  // A power cut may have taken what was noted: then nothing is known of what was sent.
  if (boot !== undefined && boot !== bootId() && !existsSync(given.folder)) noteFar(given.folder, given, { place: "" });
  const isAttached = existsSync(given.folder);
  const limit = new AbortController();
  const alarms = limitsOf(given, isAttached).map(({ timeoutMs, leftMs }) =>
    alarm(leftMs, () => limit.abort(tooLong(timeoutMs))),
  );
  const far = { ...given, signal: AbortSignal.any([given.signal, limit.signal]) };
  try {
    return await findOrStart(far);
  } catch (thrown) {
    if (!(thrown instanceof Unknown) || !far.mayRepeat) throw thrown;
    // It only looks: then it is no matter what became of it.
    if (far.signal.aborted) throw far.signal.reason;
    throw problem({ kind: "host-unreachable", host: far.host, why: thrown.message }, thrown);
  } finally {
    for (const callOff of alarms) callOff();
  }
}

async function findOrStart(far: RunningFar): Promise<ProcessResult> {
  let { folder } = far;
  for (; existsSync(folder); folder += "x") {
    const ended = await takeUp(far, folder);
    if (ended) return ended;
  }
  // Each round uses up a name: what was begun under the last one is known never to run.
  for (let refused = 0; ; folder += existsSync(folder) ? "x" : "") {
    // Looked at only now: what an earlier start left running has to be found to be stopped.
    if (far.signal.aborted) throw far.signal.reason;
    try {
      const ended = await reached(far, (connection) => startThere(far, connection, folder));
      if (ended) return ended;
    } catch (thrown) {
      if (!(thrown instanceof NotSent)) throw thrown;
      if (refused++ === 3) throw problem({ kind: "host-unreachable", host: far.host, why: thrown.message }, thrown);
    }
  }
}

/** Undefined: it never ran, and never will, or may be run again. */
async function takeUp(far: RunningFar, folder: string): Promise<ProcessResult | undefined> {
  const start = readStart(folder);
  const name = basename(folder);
  const note = readFar(folder);
  // Nothing there keeps a record of it.
  if (note?.isPlain) return repeatOrAsk(far);
  const limit = lookLimit(far);
  const found = await insist(far, limit.signal, (connection) =>
    claim(connection, name, offsetsOf(far, start), note?.place ?? ""),
  ).finally(limit.release);
  if (found.state === "never") return undefined;
  if (found.state === "absent" || (found.state === "gone" && !found.lapsed)) return repeatOrAsk(far);
  return followFar(far, { name, start, first: found });
}

function repeatOrAsk({ mayRepeat, name }: RunningFar): undefined {
  if (!mayRepeat) throw new Unknown(name);
}

/** After a stop there is a while for asking what became of it. */
function lookLimit({ signal, graceMs, mayRepeat }: RunningFar): { signal: AbortSignal; release: () => void } {
  const limit = new AbortController();
  let callOff = () => {};
  const begin = () => {
    callOff = alarm(mayRepeat ? 0 : graceMs + lookAfterStopMs, () => limit.abort(signal.reason));
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  const release = () => {
    signal.removeEventListener("abort", begin);
    callOff();
  };
  return { signal: limit.signal, release };
}
const lookAfterStopMs = 60_000;

/** Undefined: what was sent is known never to run. */
async function startThere(far: RunningFar, connection: Connection, folder: string): Promise<ProcessResult | undefined> {
  const plainly = (why: string, hasShell = true) =>
    runPlain(far, connection, { folder: unusedFrom(folder), why, hasShell });
  if (!connection.takesInput) return plainly("this route takes no input");
  const place = await placeOf(far, connection);
  if (!place) return plainly("there is no POSIX shell", false);
  if (place.detach === "none") return plainly("nothing there gives it a session of its own");
  if (!place.room) return plainly("there is no place for its run folder");
  const name = basename(folder);
  const start = noteStart(folder, far);
  noteFar(folder, far, { place: place.place });
  const begun = await sent(
    far,
    begin(connection, name, place, { ...far.start, ...limited(far) }, { quits: far.signal }),
  );
  if (begun === undefined) return takeUp(far, folder);
  if (begun === "moved") {
    forgetPlaces(far);
    throw new NotSent(`another machine than ${far.host} answers by ${connection.route}, or it was started anew`);
  }
  if (begun === "full") return plainly("there is no room for its run folder");
  if (begun === "directory") throw noDirectory(far);
  if (begun.state === "never") {
    throw problem({ kind: "machine-exhausted", what: `host ${far.host}`, why: "its wrapper did not start" });
  }
  return followFar(far, { name, start, first: begun, connection });
}

const unusedFrom = (folder: string): string => (existsSync(folder) ? unusedFrom(`${folder}x`) : folder);

function limited(far: RunningFar) {
  const seconds = untilSeconds(far);
  return seconds !== undefined && { untilSeconds: seconds };
}

/** Undefined: nobody here can tell whether it arrived. There is a shell, so that an answer of another kind was cut. */
async function sent<T>(far: RunningFar, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (!(thrown instanceof Lost || thrown instanceof NotUnderstood)) throw thrown;
    tellLost(far, thrown);
    return undefined;
  }
}

/** A stop ends the waiting for the host, not the work there: that is stopped from within. */
function reached<T>(
  { connections, host, user, signal, say }: RunningFar,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const waiting = new AbortController();
  const giveUp = () => waiting.abort(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  return connections
    .use(host, { signal: waiting.signal, say, ...(user !== undefined && { user }) }, (connection) => {
      signal.removeEventListener("abort", giveUp);
      return work(connection);
    })
    .finally(() => signal.removeEventListener("abort", giveUp));
}

const noDirectory = ({ host, start }: RunningFar) =>
  problem({
    kind: "configuration",
    where: `directory ${start.directory ?? "~"}`,
    message: `on ${host} there is no such folder, or it may not be entered`,
  });
