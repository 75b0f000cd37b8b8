/** A log in a file, where no journal keeps it: so long, and a few older ones beside it. */
import { appendFileSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder, statOf } from "./files.ts";

export type LogFile = { write(line: string): void };

const mostBytes = 10 * 1024 * 1024;
const mostFiles = 5;

/** `FILE`, then `FILE.1` (the newest of the older ones) to `FILE.4`. A line that can't be written is lost, and nobody stops for it. */
export function openLogFile(file: string, { bytes = mostBytes, files = mostFiles } = {}): LogFile {
  makeFolder(dirname(file));
  let size = statOf(file)?.size ?? 0;
  return {
    write(line) {
      try {
        if (size > 0 && size + line.length > bytes) {
          rotate(file, files);
          size = 0;
        }
        appendFileSync(file, `${line}\n`, { mode: 0o600 });
        size += Buffer.byteLength(line) + 1;
      } catch {
        // Most likely the disk is full: what matters is told in the journal of operations.
      }
    },
  };
}

function rotate(file: string, files: number): void {
  const name = (number: number) => (number === 0 ? file : `${file}.${number}`);
  rmSync(name(files - 1), { force: true });
  for (let number = files - 2; number >= 0; number--)
    if (statOf(name(number))) renameSync(name(number), name(number + 1));
}
