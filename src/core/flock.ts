/**
 * flock(2): a lock on a file that the kernel drops when the last process that has it open is gone. Given
 * to a child as a further file descriptor, it lives as long as that child, whatever becomes of the agent.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type Clock, systemClock } from "./clock.ts";
import { openLibc } from "./libc.ts";
import { problemOf } from "./process/trouble.ts";

export type FileLock = {
  /** To be handed to children (`inheritFd`); they hold the lock as well from then on. */
  fd: number;
  /** Gives up this process's hold; calling it twice does nothing. */
  release(): void;
};

/** Within this process the turn goes round by order of asking; between processes it is taken by trying. */
const turns = new Map<string, Promise<void>>();

/** Waits for the lock; rejects with the signal's reason when aborted before. Makes the file where needed. */
export async function lockFile(path: string, signal?: AbortSignal, clock: Clock = systemClock): Promise<FileLock> {
  const before = turns.get(path);
  const mine = Promise.withResolvers<void>();
  const turn = (before ?? Promise.resolve()).then(() => mine.promise);
  turns.set(path, turn);
  void turn.then(() => turns.get(path) === turn && turns.delete(path));
  try {
    await orAborted(before, signal);
    const fd = await lockNow(path, signal, clock);
    return releasing(fd, mine.resolve);
  } catch (cause) {
    mine.resolve();
    throw cause;
  }
}

/** Undefined: another process, or another place in this one, has it. */
export function tryLockFile(path: string): FileLock | undefined {
  const fd = openLockFile(path);
  if (!flock(fd)) {
    closeSync(fd);
    return undefined;
  }
  return releasing(fd, () => {});
}

async function orAborted(before: Promise<void> | undefined, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (!before || !signal) return before;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([before, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function lockNow(path: string, signal: AbortSignal | undefined, clock: Clock): Promise<number> {
  const fd = openLockFile(path);
  try {
    for (let pause = 5; !flock(fd); pause = Math.min(2 * pause, 100)) await clock.sleep(pause, signal);
    return fd;
  } catch (cause) {
    closeSync(fd);
    throw cause;
  }
}

function releasing(fd: number, next: () => void): FileLock {
  let held = true;
  return {
    fd,
    release() {
      if (!held) return;
      held = false;
      // Closed, never unlocked: unlocking would take it from a child that has inherited it.
      closeSync(fd);
      next();
    },
  };
}

function openLockFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  } catch (cause) {
    throw problemOf(cause, path);
  }
}

const lockExclusive = 2;
const withoutWaiting = 4;
let libc: ReturnType<typeof open> | undefined;
const open = () => openLibc({ flock: { args: ["i32", "i32"], returns: "i32" } });

function flock(fd: number): boolean {
  libc ??= open();
  return libc.flock(fd, lockExclusive | withoutWaiting) === 0;
}
