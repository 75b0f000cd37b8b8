/** What a step printed, masked on its way out, with places in its file from where another reader could go on. */
import { readGap, sizeOf } from "../core/output/cap.ts";
import { decode, strayLength, wholeLength } from "../core/output/utf8.ts";
import { missingMark, readBytes } from "../core/output.ts";
import type { Masker } from "../core/redact.ts";

/** `from` and `to` are bytes of the file; what is masked, or not UTF-8, has another length in it. */
export type Printed = { text: string; from: number; to: number };

/**
 * Takes the text of a file in pieces, each with the byte behind it, from the byte `from` on. What may be the
 * beginning of a secret waits for the next piece; it is not counted as shown until then.
 */
export function maskPieces(file: string, from: number, masker: Masker) {
  let held = maskDecided(textBefore(file, from), masker).rest;
  /** Of what is held, the part that was asked to be left out: it is here to find a secret that `from` cuts in two. */
  let before = masker.mask(held);
  let start = from;

  const shown = (text: string, position: number): Printed => {
    let same = 0;
    while (same < before.length && before[same] === text[same]) same++;
    before = same === text.length ? before.slice(same) : "";
    const piece = { text: text.slice(same), from: start, to: Math.max(start, position) };
    start = piece.to;
    return piece;
  };
  return {
    write(piece: string, position: number): Printed {
      const { text, rest } = maskDecided(held + piece, masker);
      held = rest;
      return shown(text, position - Buffer.byteLength(rest));
    },
    /** No more will be written. */
    end(position: number): Printed {
      const text = masker.mask(held);
      held = "";
      return shown(text, position);
    },
  };
}

/** Longer than any secret in any of its forms. */
const contextBytes = 64 * 1024;

function textBefore(file: string, from: number): string {
  const start = Math.max(0, from - contextBytes);
  if (from === 0 || (readGap(file)?.to ?? 0) > start) return "";
  const bytes = readBytes(file, start, from);
  return decode(bytes.subarray(strayLength(bytes)));
}

function maskDecided(all: string, masker: Masker): { text: string; rest: string } {
  const stream = masker.stream();
  const text = stream.write(all);
  const rest = stream.end();
  // Where a whole secret stands in what may be a longer one, all of it waits.
  return all.endsWith(rest) ? { text, rest } : { text: "", rest: all };
}

/** At most about `limit` bytes from the byte `from` on. `isOver`: nobody writes to the file any more. */
export function readPrinted(
  file: string,
  { from, limit, isOver, masker }: { from: number; limit: number; isOver: boolean; masker: Masker },
): Printed {
  const masking = maskPieces(file, from, masker);
  const bytes = readBytes(file, from, from + limit);
  // Looked at after reading: what was read may have been given back meanwhile.
  const gap = readGap(file);
  if (gap && from < gap.to && from + bytes.length > gap.from) {
    const before = readBytes(file, from, gap.from);
    const head = before.subarray(0, wholeLength(before));
    const to = gap.to + strayLength(readBytes(file, gap.to, gap.to + 3));
    return joined(masking.write(decode(head) + missingMark(to - from - head.length), to), masking.end(to));
  }
  const isLast = isOver && from + bytes.length >= sizeOf(file);
  const whole = isLast ? bytes : bytes.subarray(0, wholeLength(bytes));
  const to = from + whole.length;
  const first = masking.write(decode(whole), to);
  return isLast ? joined(first, masking.end(to)) : first;
}

const joined = (first: Printed, last: Printed) => ({ text: first.text + last.text, from: first.from, to: last.to });
