/**
 * Room kept for a full disk: a file that is given up so that what runs can still be journaled. Its blocks
 * are really allocated; where that can't be asked for, it is filled with what no file system can shrink.
 */
import { closeSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { statOf } from "../core/files.ts";
import { randomBytes } from "../core/ids.ts";
import { openLibc } from "../core/libc.ts";

type Reserve = {
  /** False: there was not enough room for it, so the disk counts as full. */
  there(): boolean;
  /** Gives the room back; false where there was none to give. */
  giveUp(): boolean;
  /** Makes it anew; false while there is not enough room. */
  regain(): boolean;
};

/** Below so many times its own size of free space it is not made: what runs needs that more. */
const margin = 4;
/** Files that can still be made: a step needs about ten. */
const fewestFiles = 100;

export function openReserve(folder: string, bytes: number): Reserve {
  const file = reserveOf(folder);
  let there = statOf(file)?.size === bytes || make(folder, file, bytes);
  return {
    there: () => there,
    giveUp() {
      const had = there;
      there = false;
      rmSync(file, { force: true });
      return had;
    },
    regain() {
      there ||= make(folder, file, bytes);
      return there;
    },
  };
}

/** False for a data folder whose disk is (or was at the last look) full. */
export const hasReserve = (folder: string): boolean => statOf(reserveOf(folder)) !== undefined;

/** For who can't even start on a full disk. */
export const giveUpReserve = (folder: string) => rmSync(reserveOf(folder), { force: true });

const reserveOf = (folder: string) => join(folder, "garza.reserve");

function make(folder: string, file: string, bytes: number): boolean {
  rmSync(file, { force: true });
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  // Some file systems have no count of files, and say 0.
  if (bavail * bsize < margin * bytes || (files > 0 && ffree < fewestFiles)) return false;
  try {
    const open = openSync(file, "wx", 0o600);
    try {
      if (!allocate(open, bytes)) fill(open, bytes);
    } finally {
      closeSync(open);
    }
    return true;
  } catch {
    // For want of space, files or rights: without a reserve the disk counts as full.
    rmSync(file, { force: true });
    return false;
  }
}

function allocate(open: number, bytes: number): boolean {
  // macOS has it only as a variadic call, which can't be made from here.
  if (process.platform !== "linux") return false;
  const libc = openLibc({ posix_fallocate: { args: ["i32", "i64", "i64"], returns: "i32" } });
  return libc.posix_fallocate(open, 0, bytes) === 0;
}

const pieceBytes = 64 * 1024;

function fill(open: number, bytes: number): void {
  ftruncateSync(open, 0);
  for (let left = bytes; left > 0; ) left -= writeSync(open, randomBytes(Math.min(left, pieceBytes)));
}
