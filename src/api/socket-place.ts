/** The place of the control socket: in a folder that is closed to others, and free. */
import { lstatSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { translate } from "../core/files.ts";
import { problem } from "../core/problem.ts";

/** The kernel's limit is 107 on Linux, 103 on macOS. */
const longest = 100;

/**
 * Makes the folder (0700) where needed, and removes a socket that was left behind: the caller owns the data
 * folder, so nobody listens there. Throws `configuration` for a path that is too long, an open folder, and
 * anything there that is no socket, which stays.
 */
export function prepareSocketPlace(socket: string): void {
  const length = Buffer.byteLength(socket);
  if (length > longest)
    throw refuse(
      socket,
      `the socket's path has ${length} bytes; ${longest} is the most`,
      "Name a shorter one with GARZA_SOCKET",
    );
  try {
    prepareFolder(dirname(socket));
    const there = lstatSync(socket, { throwIfNoEntry: false });
    if (there && !there.isSocket())
      throw refuse(
        socket,
        "something that is no socket is where the control socket belongs",
        "Move it away, or name another path with GARZA_SOCKET",
      );
    if (there) rmSync(socket, { force: true });
  } catch (cause) {
    throw translate(cause, socket);
  }
}

function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const open = statSync(folder).mode & 0o077;
  if (open !== 0)
    throw refuse(
      folder,
      "other users can reach the folder of the control socket",
      `chmod 700 ${folder}, or name another place with GARZA_SOCKET`,
    );
}

const refuse = (where: string, message: string, hint: string) =>
  problem({ kind: "configuration", where, message, hint });
