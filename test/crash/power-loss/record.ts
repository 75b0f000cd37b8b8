/** What a program does to the files of a folder, call by call and in order, with the bytes: `strace` looks on. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDisk } from "./disk.ts";
import { parseTrace } from "./parse-trace.ts";
import { readTree, type Tree } from "./tree.ts";

export type Act =
  /** Without `at`: behind what is in the file. */
  | { kind: "write"; path: string; at?: number; bytes: Buffer }
  | { kind: "resize" | "grow"; path: string; size: number }
  /** A file that is there already is only made empty, if that is asked for. */
  | { kind: "create"; path: string; empty: boolean }
  | { kind: "folder"; path: string }
  | { kind: "link"; from: string; path: string }
  | { kind: "rename"; from: string; path: string }
  | { kind: "remove"; path: string }
  /** Covers the acts before the place `since`, where its call began. No path: everything. */
  | { kind: "sync"; path?: string; since: number }
  /** A line on standard output: what the program has acknowledged. */
  | { kind: "said"; line: string };

/** `base`: what was in the folder before. */
export type Recording = { base: Tree; acts: Act[]; exitCode: number };

/** `folder` is absolute and real. */
type Start = { cwd: string; env: Record<string, string>; folder: string };

const largest = 64 * 2 ** 20;

/** Runs the program, and everything that it starts, to the end. Throws when the record does not explain what is on disk then. */
export async function record(command: string[], { cwd, env, folder }: Start): Promise<Recording> {
  const base = readTree(folder);
  const aside = await mkdtemp(join(tmpdir(), "garza-trace-"));
  try {
    const [trace, said, complaints] = [join(aside, "trace"), join(aside, "said"), join(aside, "complaints")];
    const child = Bun.spawn(["strace", ...options, "-o", trace, ...command], {
      cwd,
      env,
      stdin: "ignore",
      stdout: Bun.file(said),
      stderr: Bun.file(complaints),
    });
    const exitCode = await child.exited;
    const size = existsSync(trace) ? (await stat(trace)).size : 0;
    if (size === 0 || size > largest)
      throw new Error(`${size} bytes were recorded: ${await readFile(complaints, "utf8")}`);
    const acts = parseTrace(await readFile(trace, "latin1"), { folder, said });
    prove({ base, acts }, readTree(folder));
    return { base, acts, exitCode };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Whatever changes a file or a name, or makes it safe. Of memory maps there is but the `-shm`, which is of no account. */
const calls = [
  ...["write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile", "copy_file_range", "splice", "io_uring_enter"],
  ...["truncate", "ftruncate", "fallocate", "sync", "syncfs", "fsync", "fdatasync", "sync_file_range"],
  ...["open", "openat", "creat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat"],
  ...["link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2"],
].join(",");
// Names and bytes in hexadecimal: nothing in them can be taken for something else.
const options = ["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", `${2 ** 20}`, "-e", `trace=${calls}`];

/** A rig that overlooks a call would find nothing: with nothing lost, the disk is as the program left it. */
function prove({ base, acts }: Pick<Recording, "base" | "acts">, left: Tree): void {
  const disk = openDisk(base);
  for (const [place, act] of acts.entries()) disk.apply(act, place);
  const seen = disk.seen();
  for (const path of new Set([...seen.keys(), ...left.keys()])) {
    const [expected, found] = [seen.get(path), left.get(path)];
    const isSame =
      expected === found || (expected && found && Buffer.compare(Buffer.from(expected), Buffer.from(found)) === 0);
    if (!isSame) throw new Error(`what was recorded does not explain what is in ${path}`);
  }
}
