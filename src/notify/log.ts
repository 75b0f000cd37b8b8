import { closeSync, constants, fstatSync, fsyncSync, openSync, writeSync } from "node:fs";
import { translate } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import type { OpenChannel } from "./channel.ts";

/** A line of JSON in an append-only file, for its owner alone. */
export const logChannel: OpenChannel =
  ({ clock, log, listen }) =>
  async (notification) => {
    appendLine(log, printable({ at: new Date(clock.now()).toISOString(), ...notification }));
    listen(notification);
  };

/** JSON leaves some characters as they are that move a terminal's cursor or turn its text around. */
const printable = (line: object) =>
  JSON.stringify(line).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

function appendLine(file: string, line: string): void {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const open = openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      if (!fstatSync(open).isFile())
        throw problem({ kind: "path-refused", path: file, why: "it is not a regular file" });
      // One write: lines of several writers never mix.
      writeSync(open, `${line}\n`);
      fsyncSync(open);
    } finally {
      closeSync(open);
    }
  } catch (cause) {
    throw translate(cause, file);
  }
}
