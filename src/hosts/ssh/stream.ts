/** A channel of ssh2 as one of our streams. */
import { Lost, type RemoteEnd, type RemoteStream } from "../connection.ts";
import type { Line, Session } from "./line.ts";

/** `onClose` is called once, when the channel is free again. */
export function streamOf({ channel, exit }: Session, line: Line, onClose: () => void): RemoteStream {
  const end = Promise.withResolvers<RemoteEnd>();
  let isOver = false;
  const close = (why: string) => {
    if (isOver) return;
    isOver = true;
    onClose();
    const known = exit();
    if (known) end.resolve(known);
    else end.reject(new Lost(why));
  };
  // Comes behind the end of both outputs.
  channel.on("close", () => close(line.isOpen() ? "the channel was closed without an exit" : "the connection was cut"));
  // What was never read would keep the close back for ever.
  void line.gone.then((why) => close(why));
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
      close("it was given up here");
    },
  };
}
