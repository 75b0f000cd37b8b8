/** A channel of ssh2 as one of our streams. */
import type { ClientChannel } from "ssh2";
import { Lost, type RemoteEnd, type RemoteStream } from "../connection.ts";
import type { Line, Session } from "./line.ts";

/** `onClose` is called once, when the channel is free again. */
export function streamOf({ channel, exit }: Session, line: Line, onClose: () => void): RemoteStream {
  const end = Promise.withResolvers<RemoteEnd>();
  let isOver = false;
  const over = (settle: () => void) => {
    if (isOver) return;
    isOver = true;
    forget();
    onClose();
    settle();
  };
  const lost = (why: string) => over(() => end.reject(new Lost(why)));
  const forget = line.onGone((why) => {
    // All of it has come: it is closed once that is read. Otherwise what was never read would keep the close back.
    if (exit() === undefined) lost(why);
    else if (!hasEnded(channel)) lost(`${why} before all of its output had come`);
  });
  // Comes behind the end of both outputs.
  channel.on("close", () => {
    const known = exit();
    if (known) over(() => end.resolve(known));
    else lost(line.isOpen() ? "the channel was closed without an exit" : "the connection was cut");
  });
  channel.on("error", () => {});
  channel.stderr.on("error", () => {});
  end.promise.catch(() => {});
  return {
    stdin: channel.stdin,
    stdout: channel,
    stderr: channel.stderr,
    ended: end.promise,
    resize: (cols, rows) => channel.setWindow(rows, cols, 0, 0),
    signal: (name) => channel.signal(name),
    close() {
      channel.close();
      channel.resume();
      channel.stderr.resume();
      lost("it was given up here");
    },
  };
}

/** Nothing more comes in it; the library has no other word for that. */
const hasEnded = (channel: ClientChannel) =>
  (channel as unknown as { incoming: { state: string } }).incoming.state !== "open";
