/** The files of this machine. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { sync, translate } from "../../core/files.ts";
import type { Found, Side } from "./side.ts";

export const localSide: Side = {
  stat: (path) => told(path, () => statIfThere(path)),
  list: (path) => told(path, async () => (await readdir(path)).sort()),
  realpath: (path) => told(path, () => realpath(path)),
  makeFolder: (path, mode) =>
    told(path, async () => {
      await mkdir(path, { mode }).catch((thrown: { code?: string }) => {
        if (thrown.code !== "EEXIST") throw thrown;
      });
    }),
  read: (path) =>
    told(path, async () => {
      const file = await open(path, "r");
      return {
        async at(position, length) {
          const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
          return buffer.subarray(0, bytesRead);
        },
        close: () => file.close(),
      };
    }),
  write: (path, from) =>
    told(path, async () => {
      const file = await open(path, from === 0 ? "w" : "r+", 0o600);
      return {
        at: (position, bytes) =>
          told(path, async () => {
            await file.write(bytes, 0, bytes.length, position);
          }),
        finish: (size, mode) =>
          told(path, async () => {
            await file.truncate(size);
            await file.chmod(mode);
            await file.sync();
          }),
        close: () => file.close(),
      };
    }),
  rename: (from, to) =>
    told(to, async () => {
      await rename(from, to);
      sync(dirname(to));
    }),
  remove: (path) => told(path, () => rm(path, { force: true })),
  sum: (path) =>
    told(path, async () => {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
      return hash.digest("hex");
    }),
  show: (path) => path,
};

async function statIfThere(path: string): Promise<Found | undefined> {
  try {
    const found = await stat(path);
    const kind = found.isFile() ? "file" : found.isDirectory() ? "folder" : "other";
    return { kind, size: found.size, mode: found.mode & 0o7777 };
  } catch (thrown) {
    if ((thrown as { code?: string }).code === "ENOENT") return undefined;
    throw thrown;
  }
}

/** Throws `storage-full`, `input-output`. */
async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw translate(cause, path);
  }
}
