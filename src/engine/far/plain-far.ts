/** A process on another host without a wrapper: when the line is cut, nobody knows what became of it. */
import { basename } from "node:path";
import { problem } from "../../core/problem.ts";
import { type Connection, Lost, type RemoteEnd } from "../../hosts/connection.ts";
import { execPlain, execRaw, openPlain } from "../../hosts/far/plain.ts";
import type { ProcessResult } from "../../steps/step.ts";
import { Unknown } from "../past.ts";
import { noteStart, resultOf } from "../process-record.ts";
import { keep } from "./keep.ts";
import { noteFar, type RunningFar } from "./running-far.ts";
import { stopOnAbort } from "./stop-far.ts";

/** `hasShell`: there is a POSIX shell to take it. */
export type Plainly = { folder: string; why: string; hasShell: boolean };

export async function runPlain(
  far: RunningFar,
  connection: Connection,
  { folder, why, hasShell }: Plainly,
): Promise<ProcessResult> {
  const { host, name, signal } = far;
  const raw = hasShell ? undefined : rawText(far);
  await far.warn(`on ${host} it runs without a wrapper, as ${why}: should the line be cut, nobody will know its end`);
  const start = noteStart(folder, far);
  noteFar(folder, far, { place: "", isPlain: true });
  await far.onStart({ host, folder: null });
  let group: number | undefined;
  const stopping = stopOnAbort(far, basename(folder), () => group);
  // What gets away from its group is told by this.
  const begun = { ...far.start, env: { ...far.start.env, GARZA_RUN: basename(folder) } };
  const plain = { onBytes: (stream: "out" | "err", bytes: Buffer) => keep(far[stream], bytes), signal };
  const onGroup = (its: number) => {
    group = its;
  };
  try {
    const end = await (raw !== undefined
      ? execRaw(connection, raw, plain)
      : connection.takesInput
        ? openPlain(connection, begun, { ...plain, onGroup, signal: stopping.tooLate })
        : execPlain(connection, begun, plain));
    await stopping.done();
    return resultOf(far, endOf(end), start);
  } catch (thrown) {
    // The line was given up for the stop, which came by another one.
    if (thrown instanceof Lost && group !== undefined) await stopping.done();
    // Nothing there can be told to stop, or whether it did.
    if (thrown instanceof Lost || (signal.aborted && group === undefined)) throw new Unknown(name, thrown);
    throw thrown;
  } finally {
    stopping.release();
  }
}

const endOf = ({ exitCode, signal }: RemoteEnd) => ({ exitCode, signal });

/** A value would need a shell that reads it as one word. */
function rawText({ host, start: { script, stdin, env, directory } }: RunningFar): string {
  const text = script?.trim() ?? "";
  const isBare = stdin === undefined && directory === undefined && Object.keys(env).length === 0;
  if (isBare && text !== "" && !text.includes("\n") && !text.includes("__garza_")) return text;
  throw problem({
    kind: "configuration",
    where: `host ${host}`,
    message: "it has no POSIX shell (/bin/sh): only one line without values, env, stdin and directory can be run there",
  });
}
