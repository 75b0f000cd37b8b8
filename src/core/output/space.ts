/** Stops a process before its output has filled the disk, and lets it go on when there is room again. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import type { Pause } from "../process/pause.ts";
import { sizeOf } from "./cap.ts";

/** `free`: bytes that are left where the output lies. */
export type LowSpace = { paused: boolean; free: number };

export type SpaceWatch = {
  files: readonly string[];
  /** Bytes; a little more than that has to be free before the process goes on. */
  minFree: number;
  pause: Pause;
  /** Told of both: that the process is paused, and that it goes on. */
  onChange?: ((low: LowSpace) => void) | undefined;
  clock?: Clock;
  /** Bytes that are free for us on the file system of this folder. */
  freeAt?: (folder: string) => number;
};

/** Whoever calls `look` decides how often; it is heeded once a second. After `stop` nobody is paused any more. */
export function watchSpace({ files, minFree, pause, onChange, clock = systemClock, freeAt = freeBytes }: SpaceWatch) {
  const written = () => files.reduce((sum, file) => sum + sizeOf(file), 0);
  let before = written();
  let next = clock.monotonic() + lookMs;
  let isOver = false;

  return {
    look() {
      if (isOver || clock.monotonic() < next) return;
      next = clock.monotonic() + lookMs;
      const grown = written() - before;
      before += grown;
      const isPaused = pause.isOn();
      if (!isPaused && grown <= muchBytes) return;
      const free = Math.min(...files.map((file) => freeAt(dirname(file))));
      // Room for a little more than the least, or it would be paused again at once.
      if (isPaused ? free < minFree + minFree / 8 : free >= minFree) return;
      if (isPaused) pause.end();
      else pause.begin();
      onChange?.({ paused: !isPaused, free });
    },
    stop() {
      isOver = true;
    },
  };
}

const lookMs = 1_000;
/** Who writes less in a second is not the one that fills the disk. */
const muchBytes = 2 ** 20;

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
