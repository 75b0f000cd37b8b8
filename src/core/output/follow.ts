/** Reads a growing output file along with its writers. */
import { existsSync, watch } from "node:fs";
import { type Clock, systemClock } from "../clock.ts";
import { missingMark, readBytes } from "../output.ts";
import { readGap, sizeOf } from "./cap.ts";
import { decode, strayLength, wholeLength } from "./utf8.ts";

/** `position`: the byte after this piece, from where another follower could go on. */
export type OnPiece = (text: string, position: number) => void | Promise<void>;

export type FollowOptions = {
  /** A byte offset; from the start without it. */
  from?: number;
  onPiece: OnPiece;
  /** The writers are done: what is there is still read, then `follow` resolves. */
  signal: AbortSignal;
  clock?: Clock;
};

/** Hands over what is written, character by whole character, slowed down by a slow listener. Resolves with the position. */
export async function follow(file: string, { from = 0, onPiece, signal, clock = systemClock }: FollowOptions) {
  using news = newsOf(file, signal, clock);
  let position = from;
  for (;;) {
    // Asked before reading: what is written before the signal is read below.
    const last = signal.aborted;
    position = await drain(file, position, last, onPiece);
    if (last) return position;
    await news.wait();
  }
}

const pieceBytes = 32 * 1024;

async function drain(file: string, start: number, last: boolean, onPiece: OnPiece): Promise<number> {
  let position = start;
  const space = new Uint8Array(pieceBytes);
  for (let size = sizeOf(file); position < size; size = sizeOf(file)) {
    const bytes = readBytes(file, position, position + pieceBytes, space);
    // Looked at after reading: what was read may have been given back meanwhile.
    const gap = readGap(file);
    if (gap && position < gap.to && position + bytes.length > gap.from) {
      position = await jump(file, position, gap, onPiece);
      continue;
    }
    const whole = bytes.length < pieceBytes && last ? bytes.length : wholeLength(bytes);
    if (whole === 0) return position;
    position += whole;
    await onPiece(decode(bytes.subarray(0, whole)), position);
    await othersTurn();
  }
  return position;
}

/** Whoever writes faster than we read must not keep signals, limits and the cap from being heeded. */
const othersTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Shows what is left before the gap, then the mark, and goes on behind it. */
async function jump(file: string, position: number, gap: { from: number; to: number }, onPiece: OnPiece) {
  const before = readBytes(file, position, gap.from);
  const shown = before.subarray(0, wholeLength(before));
  const stray = strayLength(readBytes(file, gap.to, gap.to + 3));
  const next = gap.to + stray;
  await onPiece(decode(shown) + missingMark(next - position - shown.length), next);
  return next;
}

/** Rings when the file has changed. The kernel says so; the pause is for file systems that do not. */
function newsOf(file: string, signal: AbortSignal, clock: Clock) {
  let bell = Promise.withResolvers<void>();
  const ring = () => bell.resolve();
  let watcher: ReturnType<typeof watch> | undefined;
  signal.addEventListener("abort", ring, { once: true });
  return {
    async wait() {
      if (!watcher && existsSync(file)) {
        watcher = watch(file, { persistent: false }, ring);
        watcher.on("error", ring);
        // It may have grown before it was watched.
        return;
      }
      const awake = new AbortController();
      const nap = clock.sleep(watcher ? unwatchedMs : missingMs, awake.signal).catch(() => {});
      await Promise.race([bell.promise, nap]);
      awake.abort();
      bell = Promise.withResolvers();
      if (signal.aborted) return;
      // Many small writes become one piece, and a flood of them no busy loop.
      await clock.sleep(togetherMs, signal).catch(() => {});
    },
    [Symbol.dispose]() {
      signal.removeEventListener("abort", ring);
      watcher?.close();
    },
  };
}

const unwatchedMs = 1_000;
const missingMs = 50;
const togetherMs = 10;
