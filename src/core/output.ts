/** The output of steps: in files, addressed by operation, step and stream; what a person or a later step sees of it. */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { readGap, sizeOf } from "./output/cap.ts";
import { decode, strayLength, wholeLength } from "./output/utf8.ts";

export type Stream = "out" | "err";

/** `<data>/output/<operation>/<sequence of the step>.out`, and `.err`. */
export function outputFile(data: string, operation: string, sequence: number, stream: Stream): string {
  return join(data, "output", operation, `${sequence}.${stream}`);
}

export type Output = {
  text: string;
  /** Bytes from `from` up to `end` that are not in the text. */
  missing: number;
  /** Where the file ended: the `from` of a later look. */
  end: number;
};

/** What stands from the byte `from` on, at most `limit` bytes of it: the head, a mark that says how much is missing, the tail. */
export function readOutput(file: string, { from = 0, limit = 2 ** 20 } = {}): Output {
  const end = Math.max(from, sizeOf(file));
  const gap = readGap(file);
  const isWhole = end - from <= limit && (gap === undefined || from >= gap.to);
  if (isWhole) return { text: decode(readBytes(file, from, end)), missing: 0, end };

  const half = Math.floor(limit / 2);
  const headEnd = Math.min(from + half, Math.max(from, gap?.from ?? end));
  const tailStart = Math.max(end - half, gap?.to ?? 0, headEnd);
  const head = readBytes(file, from, headEnd);
  const tail = readBytes(file, tailStart, end);
  const shownHead = head.subarray(0, wholeLength(head));
  const shownTail = tail.subarray(strayLength(tail));
  const missing = end - from - shownHead.length - shownTail.length;
  return { text: `${decode(shownHead)}${missingMark(missing)}${decode(shownTail)}`, missing, end };
}

export const missingMark = (bytes: number) => `\n[… ${bytes} bytes are missing here …]\n`;

/**
 * The bytes from `from` up to `to`, or up to the end where that comes first. No file is an empty one. They are
 * put into `space`, where that is given and large enough.
 */
export function readBytes(file: string, from: number, to: number, space?: Uint8Array): Uint8Array {
  const length = Math.max(0, Math.min(to, sizeOf(file)) - from);
  const bytes = space && space.length >= length ? space.subarray(0, length) : Buffer.alloc(length);
  if (length === 0) return bytes;
  const fd = openSync(file, "r");
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
  } finally {
    closeSync(fd);
  }
}
