/** Copies a file, or a folder with all that is in it: each file is whole at every moment somebody looks. */
import { problem } from "../../core/problem.ts";
import type { Found, Side } from "./side.ts";

export type Copy = {
  from: string;
  to: string;
  /** Of every file; without it that of the file that is replaced, or of the source. */
  mode?: number | undefined;
  /** Unguessable: what is being written is called so. */
  token: string;
  signal: AbortSignal;
};

/** What is done already: kept by who may have to begin again when a line is cut. */
export type Progress = {
  /** Targets that are in their place. */
  done: Map<string, number>;
  /** Written so far of the one that is not: up to `written` nothing is missing. */
  open: { aside: string; written: number; size: number } | undefined;
};
export const noProgress = (): Progress => ({ done: new Map(), open: undefined });

/** Bytes in all. Throws `path-refused`, `storage-full`, `input-output`, `Lost`, the signal's reason. */
export async function copy(source: Side, target: Side, wanted: Copy, progress: Progress): Promise<number> {
  // All of it is looked at before any of it is written: what is written may lie within.
  const entries = await walk(source, wanted.from, "", wanted.signal);
  let bytes = 0;
  for (const { below, found } of entries) {
    wanted.signal.throwIfAborted();
    const one = { ...wanted, from: `${wanted.from}${below}`, to: `${wanted.to}${below}` };
    if (found.kind === "folder") await makeFolder(target, one.to, found.mode);
    else bytes += await copyOne(source, target, one, found, progress);
  }
  return bytes;
}

/** `below`: empty, or `/sub/file`. */
type Entry = { below: string; found: Found };

async function walk(source: Side, from: string, below: string, signal: AbortSignal): Promise<Entry[]> {
  const path = `${from}${below}`;
  signal.throwIfAborted();
  const found = await source.stat(path);
  if (!found) throw refused(source.show(path), "there is no such file");
  if (found.kind === "other") throw refused(source.show(path), "it is neither a file nor a folder");
  if (found.kind === "file") return [{ below, found }];
  if (below.split("/").length > deepest) throw refused(source.show(path), "a link in it leads back to it");
  const within: Entry[] = [];
  for (const name of await source.list(path)) within.push(...(await walk(source, from, `${below}/${name}`, signal)));
  return [{ below, found }, ...within];
}

const deepest = 40;

async function makeFolder(target: Side, path: string, mode: number): Promise<void> {
  const before = await target.stat(path);
  if (before && before.kind !== "folder") throw refused(target.show(path), "it is there, and not a folder");
  if (!before) await target.makeFolder(path, mode);
}

async function copyOne(source: Side, target: Side, wanted: Copy, found: Found, progress: Progress): Promise<number> {
  const { to } = wanted;
  const before = await target.stat(to);
  if (before && before.kind !== "file") throw refused(target.show(to), "it is there, and not a regular file");
  // A link stays a link: what it points to is replaced.
  const place = before ? await target.realpath(to) : to;
  const known = progress.done.get(to);
  if (known !== undefined) return known;
  const mode = wanted.mode ?? (before ?? found).mode;
  for (let tries = 0; !(await copyFile(source, target, { ...wanted, place, found, mode }, progress)); tries++) {
    // Once more from its beginning: it may have been changed while it was read.
    progress.open = undefined;
    if (tries === 1) throw problem({ kind: "input-output", what: target.show(to), why: "it is not what was sent" });
  }
  progress.done.set(to, found.size);
  return found.size;
}

type OneFile = Copy & { place: string; found: Found; mode: number };

/** False: what is there is not what was sent. */
async function copyFile(source: Side, target: Side, file: OneFile, progress: Progress): Promise<boolean> {
  const { from, place, found, mode, token, signal } = file;
  const aside = `${place}.${token}`;
  if (progress.open?.aside !== aside || progress.open.size !== found.size) {
    progress.open = { aside, written: 0, size: found.size };
  }
  const open = progress.open;
  const reading = await source.read(from);
  try {
    const writing = await target.write(aside, open.written);
    try {
      await pump(reading, writing, open, signal);
      await writing.finish(found.size, mode);
    } finally {
      await writing.close().catch(() => {});
    }
  } finally {
    await reading.close().catch(() => {});
  }
  const [sent, arrived] = await Promise.all([source.sum(from), target.sum(aside)]);
  if (sent !== undefined && arrived !== undefined && sent !== arrived) return false;
  signal.throwIfAborted();
  await target.rename(aside, place);
  progress.open = undefined;
  return true;
}

const chunk = 128 * 1024;
/** Pieces under way at once. */
const most = 16;

/** Several at once, as each takes a round trip; `written` grows by what has arrived without a gap. */
async function pump(
  reading: Awaited<ReturnType<Side["read"]>>,
  writing: Awaited<ReturnType<Side["write"]>>,
  open: NonNullable<Progress["open"]>,
  signal: AbortSignal,
): Promise<void> {
  const underWay: { end: number; moved: Promise<void> }[] = [];
  const move = async (at: number, length: number) => {
    for (let done = 0; done < length; ) {
      const bytes = await reading.at(at + done, length - done);
      // Less than there was: it has been cut meanwhile, which the sum tells.
      if (bytes.length === 0) return;
      await writing.at(at + done, bytes);
      done += bytes.length;
    }
  };
  for (let next = open.written; next < open.size || underWay.length > 0; ) {
    signal.throwIfAborted();
    while (next < open.size && underWay.length < most) {
      const length = Math.min(chunk, open.size - next);
      const moved = move(next, length);
      // Whoever comes first is told; the others fail with it.
      moved.catch(() => {});
      next += length;
      underWay.push({ end: next, moved });
    }
    const first = underWay.shift();
    await first?.moved;
    if (first) open.written = first.end;
  }
}

const refused = (path: string, why: string) => problem({ kind: "path-refused", path, why });
