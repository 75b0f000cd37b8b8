/**
 * Keeps an output file within bounds while its writers append to it. The middle is given back to the disk as a
 * hole, so that byte offsets stay true and nothing is lost beside it; `<file>.gap` says where the hole is.
 */
import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { statOf } from "../files.ts";
import { openLibc } from "../libc.ts";
import { problemOf } from "../process/trouble.ts";

/**
 * Bytes: `cap` on disk, of which the first `head` and at least the last `tail` are kept; `minFree` is what has to
 * stay free beside it (core/output/space.ts).
 */
export type OutputLimits = { cap: number; head: number; tail: number; minFree: number };

const MiB = 2 ** 20;
export const defaultLimits: OutputLimits = { cap: 64 * MiB, head: MiB, tail: 16 * MiB, minFree: 1024 * MiB };

/** What is missing of a file: from this byte up to that one. */
export type Gap = { from: number; to: number };

export function readGap(file: string): Gap | undefined {
  const [, from, to] = /^(\d+) (\d+)\n$/.exec(readIfThere(`${file}.gap`) ?? "") ?? [];
  return from === undefined ? undefined : { from: Number(from), to: Number(to) };
}

/** Gives back what is over the cap, if anything is. */
export function capOutput(file: string, limits: Omit<OutputLimits, "minFree">, dig: Dig = punchHole): void {
  const size = sizeOf(file);
  if (size <= limits.cap) return;
  const dug = readGap(file) ?? { from: limits.head, to: limits.head };
  if (dug.from + size - dug.to <= limits.cap) return;
  const gap = { from: dug.from, to: size - limits.tail };
  noteGap(file, gap);
  const fd = openSync(file, "r+");
  try {
    dig(fd, dug.to, gap.to);
  } finally {
    closeSync(fd);
  }
}

/** Whatever is written next stands at `to`: all between the head and there is missing. */
export function skipOutput(file: string, to: number, { head }: Pick<OutputLimits, "head">): void {
  const size = sizeOf(file);
  const dug = readGap(file) ?? { from: Math.min(size, head), to: Math.min(size, head) };
  noteGap(file, { from: dug.from, to });
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    if (size > dug.to) punchHole(fd, dug.to, size);
    ftruncateSync(fd, to);
  } finally {
    closeSync(fd);
  }
}

/** Before it is dug: zeros must never be taken for output. */
function noteGap(file: string, { from, to }: Gap): void {
  writeFileSync(`${file}.gap.new`, `${from} ${to}\n`, { mode: 0o600 });
  renameSync(`${file}.gap.new`, `${file}.gap`);
}

type Keeper = {
  anyoneLeft(): boolean;
  /** Another look that is to be taken as often, until the process has ended. */
  alsoLook(): void;
};

/**
 * Caps the files until their process has ended, and more rarely while what it left behind may still write.
 * The timer keeps nobody alive.
 */
export function keepCapped(files: string[], limits: OutputLimits, { anyoneLeft, alsoLook }: Keeper) {
  const cap = () => {
    for (const file of files) capOutput(file, limits);
  };
  const attempt = (look: () => void) => {
    try {
      look();
    } catch {
      // Tried again at the next look. A full disk is told to the writers, and by them to the step.
    }
  };
  let timer = setInterval(() => [cap, alsoLook].forEach(attempt), oftenMs).unref();
  return {
    processEnded() {
      clearInterval(timer);
      attempt(cap);
      if (!anyoneLeft()) return;
      timer = setInterval(() => (anyoneLeft() ? attempt(cap) : clearInterval(timer)), seldomMs).unref();
    },
  };
}

const oftenMs = 100;
const seldomMs = 5_000;

export function sizeOf(file: string): number {
  return statOf(file)?.size ?? 0;
}

type Dig = (fd: number, from: number, to: number) => void;

const keepSizePunchHole = 1 | 2;
let libc: ReturnType<typeof open> | undefined;
const open = () => openLibc({ fallocate: { args: ["i32", "i32", "i64", "i64"], returns: "i32" } });

const punchHole: Dig = (fd, from, to) => {
  if (process.platform === "linux") {
    libc ??= open();
    if (libc.fallocate(fd, keepSizePunchHole, from, to - from) === 0) return;
  }
  truncateAround(fd, from, to);
};

/** Where holes can't be punched: the tail is copied aside and back. What is written meanwhile may be lost. */
export const truncateAround: Dig = (fd, from, to) => {
  const tail = Buffer.alloc(16 * MiB);
  const length = readSync(fd, tail, 0, tail.length, to);
  ftruncateSync(fd, from);
  ftruncateSync(fd, to);
  for (let written = 0; written < length; ) written += writeSync(fd, tail, written, length - written, to + written);
};

/** The file, and what was noted about it. No file is fine. */
export function removeOutput(file: string): void {
  for (const each of [file, `${file}.gap`, `${file}.gap.new`]) rmSync(each, { force: true });
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined;
    throw problemOf(cause, file);
  }
}
