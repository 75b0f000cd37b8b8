/**
 * The seal of a database that was closed in order: its size and, unless it is large, a hash of its bytes. It
 * is broken before the first write, so it is there only while nobody should have changed the file: what
 * differs was changed by the disk or by another program, also where SQLite itself can't see it.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { statOf, sync } from "../core/files.ts";
import { problem } from "../core/problem.ts";

type Seal = { size: number; hash: string | null };

/** Of such a size every byte is looked at: 40 ms at most for its hash, 0.6 s for its structure. */
export const isSmall = (file: string) => statSync(file).size <= 256 * 1024 * 1024;

export const sealOf = (file: string) => file.replace(/(\.db)?$/, ".seal");

/** For a closed database. Without it the next start only takes a little longer, so nothing of it is fatal. */
export function seal(file: string): void {
  // A log that is left (a reader was there, or the disk failed): the file alone is not all.
  if (statOf(`${file}-wal`)?.size) return;
  try {
    const { size } = statSync(file);
    writeFileSync(sealOf(file), JSON.stringify({ size, hash: isSmall(file) ? hashOf(file) : null }), { mode: 0o600 });
  } catch {
    rmSync(sealOf(file), { force: true });
  }
}

/** True: closed in order and unchanged since. False: not closed in order. Throws `data-damaged` for what was changed. */
export function isSealed(file: string): boolean {
  const kept = readSeal(sealOf(file));
  if (!kept || statOf(`${file}-wal`)?.size) return false;
  const { size } = statSync(file);
  const isSame = kept.size === size && (kept.hash === null || kept.hash === hashOf(file));
  if (isSame) return true;
  // Seen from beside: its owner has just broken it, and writes.
  if (!statOf(sealOf(file))) return false;
  throw problem({
    kind: "data-damaged",
    file,
    why: "its bytes are not those it was closed with: the disk has changed them, or another program",
    hint: `If another program was meant to: rm '${sealOf(file)}'`,
  });
}

/** Durable when it returns: an old seal beside newer bytes would be called damage after a power cut. */
export function breakSeal(file: string): void {
  if (!statOf(sealOf(file))) return;
  rmSync(sealOf(file));
  sync(dirname(file));
}

function readSeal(path: string): Seal | undefined {
  try {
    const { size, hash } = JSON.parse(readFileSync(path, "utf8")) as Seal;
    return typeof size === "number" && (hash === null || typeof hash === "string") ? { size, hash } : undefined;
  } catch {
    // None, or cut off by a power failure: then it says nothing.
    return undefined;
  }
}

/** Of every seal: another one would give another hash. */
const pieceSize = 1024 * 1024;

function hashOf(file: string): string {
  const open = openSync(file, "r");
  try {
    // A fresh megabyte costs as much as a commit.
    const piece = Buffer.allocUnsafe(Math.min(pieceSize, fstatSync(open).size));
    let hash = 0n;
    for (let read = readSync(open, piece); read > 0; read = readSync(open, piece)) {
      hash = Bun.hash.xxHash3(piece.subarray(0, read), hash);
    }
    return hash.toString(16);
  } finally {
    closeSync(open);
  }
}
