/** Datagrams to a Unix socket, which the platform can't send. */
import { ptr } from "bun:ffi";
import { closeSync } from "node:fs";
import { openLibc } from "./libc.ts";
import { problem } from "./problem.ts";

export type DatagramSender = {
  /** False: nobody took it (the receiver has gone, or its queue is full). Never waits. */
  send(text: string): boolean;
  close(): void;
};

/** `path`: absolute, or `@name` for a socket in the abstract namespace. Linux only. Throws `input-output`. */
export function openDatagram(path: string): DatagramSender {
  const address = addressOf(path);
  const { socket, sendto } = openLibc({
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
  });
  const fd = socket(unix, datagram | closeOnExec, 0);
  if (fd < 0) throw problem({ kind: "input-output", what: path, why: "no socket could be made" });
  return {
    send(text) {
      const bytes = Buffer.from(text);
      if (bytes.length === 0) return true;
      return (
        Number(sendto(fd, ptr(bytes), bytes.length, withoutWaiting, ptr(address), address.length)) === bytes.length
      );
    },
    close: () => closeSync(fd),
  };
}

const unix = 1;
const datagram = 2;
const closeOnExec = 0o2000000;
const withoutWaiting = 0x40;
const longestPath = 107;

/** `struct sockaddr_un`: the family, then the path; an abstract name has a zero byte in the place of `@`, and no end. */
function addressOf(path: string): Buffer {
  const isAbstract = path.startsWith("@");
  const name = Buffer.from(isAbstract ? path.slice(1) : path);
  if ((!isAbstract && !path.startsWith("/")) || name.length > longestPath) {
    throw problem({ kind: "input-output", what: path, why: "this can't be the address of a socket" });
  }
  const family = Buffer.from(new Uint16Array([unix]).buffer);
  const zero = Buffer.alloc(1);
  return Buffer.concat(isAbstract ? [family, zero, name] : [family, name, zero]);
}
