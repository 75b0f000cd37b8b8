/** Joins this terminal with what runs on another host: input, output, the window's size, Ctrl-C. */
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { problem } from "../../core/problem.ts";
import type { Connection, Pty, RemoteEnd, RemoteStream } from "../../hosts/connection.ts";
import type { Sink, Terminal } from "../terminal.ts";

export type Joining = {
  connection: Connection;
  /** Null: a login shell. */
  line: string | null;
  /** It gets a terminal of its own, the size of ours. */
  asTerminal: boolean;
  /** Our standard input is its own. */
  input: boolean;
  /** What runs there heeds signals: it gets the first one, and time to end by itself. */
  patient: boolean;
  terminal: Terminal;
};

/** Rejects with `Lost`, `NotSent`, and `left-by-signal`. */
export async function joinStreams(joining: Joining): Promise<RemoteEnd> {
  const { connection, line, asTerminal, input, patient, terminal } = joining;
  const { out, err } = terminal;
  const left = Promise.withResolvers<never>();
  let signals = 0;
  const stream = await connection.open(line, asTerminal ? { pty: ptyOf(terminal) } : {});
  const release = [
    terminal.onSignal((signal) => {
      stream.signal(signal.slice("SIG".length));
      if (patient && signal !== "SIGHUP" && ++signals === 1) return;
      left.reject(
        problem({ kind: "left-by-signal", message: `left; what runs on ${connection.host} may go on there` }),
      );
    }),
    out.onResize(() => {
      if (asTerminal) stream.resize(out.columns(), out.rows());
    }),
    joinInput(stream, { asTerminal, input: input && connection.takesInput }),
  ];
  try {
    const copied = [copy(stream.stdout, out), copy(stream.stderr, err)];
    const gone = Promise.race(copied.map(async (copy) => ((await copy) ? never : readerGone)));
    const end = Promise.all([stream.ended, ...copied]).then(([ended]) => ended);
    return await Promise.race([end, gone, left.promise]);
  } finally {
    for (const each of release) each();
    stream.close();
  }
}

/** As if the pipe had ended us, which it does to others. */
const readerGone: RemoteEnd = { exitCode: null, signal: "SIGPIPE" };
const never = new Promise<never>(() => {});

const ptyOf = ({ env, out }: Terminal): Pty => ({ term: env.TERM ?? "xterm", cols: out.columns(), rows: out.rows() });

/** What ssh says of an exit by a signal: as a shell would. */
export const exitCodeOf = ({ exitCode, signal }: RemoteEnd): number =>
  exitCode ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);

/** False: whoever read it has gone, and so has the wish for more. */
async function copy(from: Readable, to: Sink): Promise<boolean> {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    if (to.closed()) return false;
    if (!to.stream.write(chunk)) await takesMore(to.stream);
  }
  return true;
}

/** Or never will: its reader has gone. */
function takesMore(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      for (const event of ["drain", "close", "error"]) stream.off(event, over);
      resolve();
    };
    for (const event of ["drain", "close", "error"]) stream.on(event, over);
  });
}

/** At a terminal each key goes there as it is pressed; Enter ~ . gives up a connection that does not answer any more. */
function joinInput(stream: RemoteStream, { asTerminal, input }: Pick<Joining, "asTerminal" | "input">): () => void {
  const { stdin } = process;
  if (!input || (!asTerminal && stdin.isTTY)) {
    stream.stdin.end();
    return () => {};
  }
  const leaves = leaving(() => stream.close());
  const take = (chunk: Buffer) => {
    if (asTerminal && leaves(chunk)) return;
    if (stream.stdin.write(chunk)) return;
    stdin.pause();
    stream.stdin.once("drain", () => stdin.resume());
  };
  const end = () => stream.stdin.end();
  // What ended there takes no more; its end is told elsewhere.
  stream.stdin.on("error", () => {});
  if (asTerminal) stdin.setRawMode(true);
  stdin.on("data", take);
  stdin.once("end", end);
  stdin.resume();
  return () => {
    stdin.off("data", take);
    stdin.off("end", end);
    if (asTerminal) stdin.setRawMode(false);
    stdin.pause();
  };
}

/** As in ssh: a `~` behind Enter, then a full stop. */
function leaving(leave: () => void): (keys: Buffer) => boolean {
  let last = "\r";
  return (keys) => {
    for (const key of keys.toString("latin1")) {
      if (last === "\r~" && key === ".") {
        leave();
        return true;
      }
      last = key === "\r" || key === "\n" ? "\r" : last === "\r" && key === "~" ? "\r~" : "";
    }
    return false;
  };
}
