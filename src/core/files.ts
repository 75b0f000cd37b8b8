import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { randomHex } from "./ids.ts";
import { GarzaError, problem } from "./problem.ts";

/**
 * Puts `text` in place of the file in one step: readers see the old text or the new, also after a power cut. It is
 * written in `folder` first, on the same disk; beside the file where none is named.
 */
export function replaceFile(file: string, text: string | Uint8Array, mode = 0o600, folder = dirname(file)): void {
  const aside = join(folder, `${basename(file)}.${randomHex(6)}`);
  try {
    const open = openSync(aside, "wx", mode);
    try {
      // The umask has a say when a file is made, but not in what a file that is replaced may be.
      fchmodSync(open, mode);
      writeFileSync(open, text);
      fsyncSync(open);
    } finally {
      closeSync(open);
    }
    renameSync(aside, file);
    // Without this the new name may be lost at a power cut though the text is safe.
    sync(dirname(file));
  } catch (cause) {
    rmSync(aside, { force: true });
    throw translate(cause, file);
  }
}

/**
 * `replaceFile` for a file of the user's: it keeps its permissions (0644 when it is new), and its folder is made.
 */
export async function writeAtomically(file: string, text: string): Promise<void> {
  makeFolder(dirname(file));
  const there = statSync(file, { throwIfNoEntry: false });
  replaceFile(file, text, there ? there.mode & 0o777 : 0o644);
}

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw translate(cause, folder);
  }
}

/** The folder (0700), and what had to be made of the way to it, are there after a power cut, too. */
export function makeLastingFolder(folder: string): void {
  try {
    const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) sync(dirname(made));
  } catch (cause) {
    throw translate(cause, folder);
  }
}

/** Returns when the file, or the names in the folder, are on the disk. Throws the system's error. */
export function sync(path: string): void {
  const open = openSync(path, "r");
  try {
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
}

export type RegularFile = { text: string /** Permission bits. */; mode: number };

/**
 * A regular file's text; undefined when there is none. Throws `path-refused` for what is no regular file
 * (a FIFO or a device would block or answer without end) or has more than `most` bytes, `data-damaged` for
 * what is not UTF-8.
 */
export function readRegular(file: string, shown = file, most = Number.POSITIVE_INFINITY): RegularFile | undefined {
  let open: number;
  try {
    // Without O_NONBLOCK opening a FIFO waits for its writer.
    open = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "ENXIO") throw notRegular(shown);
    throw translate(cause, shown);
  }
  try {
    const stat = fstatSync(open);
    if (!stat.isFile()) throw notRegular(shown);
    if (stat.size > most) throw tooLargeFile(shown, most);
    return { text: decode(readFileSync(open), shown), mode: stat.mode & 0o777 };
  } finally {
    closeSync(open);
  }
}

const notRegular = (path: string) => problem({ kind: "path-refused", path, why: "it is not a regular file" });

export const tooLargeFile = (path: string, most: number) =>
  problem({ kind: "path-refused", path, why: `it is larger than ${most / 2 ** 20} MiB` });

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw problem({ kind: "data-damaged", file, why: "it is not UTF-8" }, cause);
  }
}

/** The real path of a file or folder in `root` (it need not exist yet). Throws `path-refused` when it leaves the root, links included. */
export function contained(root: string, path: string): string {
  if (path === "" || path.includes("\0")) throw problem({ kind: "path-refused", path, why: "it names no file" });
  const realRoot = realpathSync(root);
  // Asked for under the root's own name as well: the root itself may be reached through a link.
  const asked = isWithin(resolve(root), resolve(root, path)) ? relative(resolve(root), resolve(root, path)) : path;
  const full = resolve(realRoot, asked);
  if (!isWithin(realRoot, full)) throw problem({ kind: "path-refused", path, why: `it leaves ${root}` });
  const real = realPath(full, path);
  if (!isWithin(realRoot, real)) throw problem({ kind: "path-refused", path, why: `a link in it leaves ${root}` });
  return real;
}

export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Links resolved as far as the path exists; what does not exist yet can hold no link. */
function realPath(full: string, asked: string): string {
  try {
    return realpathSync(full);
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "ELOOP") throw problem({ kind: "path-refused", path: asked, why: "its links go in a circle" }, cause);
    if (code === "ENOTDIR") throw problem({ kind: "path-refused", path: asked, why: "it goes through a file" }, cause);
    if (code !== "ENOENT") throw translate(cause, asked);
    // Writing through a link that leads nowhere would make a file wherever it points.
    if (lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw problem({ kind: "path-refused", path: asked, why: "it is a link that leads nowhere" }, cause);
    }
    return join(realPath(dirname(full), asked), basename(full));
  }
}

/** What is at the path, links followed; undefined when nothing is. Throws `input-output` where that can't be told. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    // Node's option means both; the runtime's only the first.
    if ((cause as { code?: string }).code === "ENOTDIR") return undefined;
    throw translate(cause, path);
  }
}

/** Whether an error came from the file system, and not from a mistake of ours. */
export function isFileError(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown;
}

/** A file system's error as a problem that names the file. */
export function translate(cause: unknown, file: string): Error {
  if (cause instanceof GarzaError) return cause;
  const { code, message } = cause as { code?: string; message: string };
  if (code === "ENOSPC" || code === "EDQUOT") return problem({ kind: "storage-full", where: file }, cause);
  const hint = "Look at it, its folder and their permissions, then run it again";
  return problem({ kind: "input-output", what: file, why: message, hint }, cause);
}
