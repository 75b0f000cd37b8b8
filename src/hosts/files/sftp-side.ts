/** The files of another machine, by one SFTP session. What the server refuses is a problem; a line that is cut is `Lost`. */
import type { FileEntry, SFTPWrapper, Stats } from "ssh2";
import { problem } from "../../core/problem.ts";
import { type Connection, Lost } from "../connection.ts";
import { ask } from "../far/ask.ts";
import type { Side } from "./side.ts";
import sumProgram from "./sum.sh" with { type: "text" };

type Callback<T> = (error: Error | undefined | null, value: T) => void;

export function sftpSide(sftp: SFTPWrapper, connection: Connection): Side {
  const show = (path: string) => `${connection.host}:${path}`;
  const called = callerOf(sftp);
  /** Undefined: the server says this of it. */
  const told = async <T>(path: string, start: (callback: Callback<T>) => void, unless?: number) => {
    try {
      return await called(start);
    } catch (thrown) {
      if (unless !== undefined && codeOf(thrown) === unless) return undefined;
      throw refusal(thrown as Error, show(path));
    }
  };
  const asked = async <T>(path: string, start: (callback: Callback<T>) => void) => (await told(path, start)) as T;
  const stat = async (path: string) => {
    const found = await told<Stats>(path, (done) => sftp.stat(path, done), noSuchFile);
    if (!found) return undefined;
    const kind = found.isFile() ? "file" : found.isDirectory() ? "folder" : "other";
    return { kind, size: found.size, mode: found.mode & 0o7777 } as const;
  };
  const remove = async (path: string) => void (await told<void>(path, (done) => sftp.unlink(path, done), noSuchFile));

  return {
    stat,
    show,
    remove,
    async list(path) {
      const entries = await asked<FileEntry[]>(path, (done) => sftp.readdir(path, done));
      return entries
        .map(({ filename }) => filename)
        .filter((name) => name !== "." && name !== "..")
        .sort();
    },
    realpath: (path) => asked<string>(path, (done) => sftp.realpath(path, done)),
    async makeFolder(path, mode) {
      if ((await stat(path))?.kind !== "folder") await told<void>(path, (done) => sftp.mkdir(path, { mode }, done));
    },
    async read(path) {
      const handle = await asked<Buffer>(path, (done) => sftp.open(path, "r", done));
      return {
        async at(position, length) {
          const space = Buffer.alloc(length);
          const read = (done: Callback<number>) => sftp.read(handle, space, 0, length, position, done);
          // Its word for the end.
          return space.subarray(0, (await told(path, read, endOfFile)) ?? 0);
        },
        close: () => told<void>(path, (done) => sftp.close(handle, done)),
      };
    },
    async write(path, from) {
      const flags = from === 0 ? "w" : "r+";
      const handle = await asked<Buffer>(path, (done) => sftp.open(path, flags, 0o600, done));
      return {
        at: (position, bytes) =>
          told<void>(path, (done) => sftp.write(handle, Buffer.from(bytes), 0, bytes.length, position, done)),
        async finish(size, mode) {
          await told<void>(path, (done) => sftp.fsetstat(handle, { size }, done));
          await told<void>(path, (done) => sftp.fchmod(handle, mode, done));
          await orWithout(told<void>(path, (done) => sftp.ext_openssh_fsync(handle, done)));
        },
        close: () => told<void>(path, (done) => sftp.close(handle, done)),
      };
    },
    async rename(from, to) {
      const isDone = await orWithout(told<void>(to, (done) => sftp.ext_openssh_rename(from, to, done)));
      if (isDone) return;
      // SFTP's own renames over nothing.
      await remove(to);
      await told<void>(to, (done) => sftp.rename(from, to, done));
    },
    async sum(path) {
      const question = { program: sumProgram, variables: { name: "", path }, call: "sum" };
      const answer = await ask(connection, question).catch((thrown: unknown) => {
        if (thrown instanceof Lost) throw thrown;
        return undefined;
      });
      return /^[0-9a-f]{64}$/.exec(answer?.head[0] ?? "")?.[0];
    },
  };
}

const endOfFile = 1;
const noSuchFile = 2;
const noPermission = 3;

/** The library forgets what is under way when the session ends. */
function callerOf(sftp: SFTPWrapper) {
  const underWay = new Set<(cut: Error) => void>();
  let isOver = false;
  const end = () => {
    isOver = true;
    for (const reject of underWay) reject(new Error("the connection was cut"));
  };
  for (const event of ["close", "end"]) (sftp as NodeJS.EventEmitter).once(event, end);
  return <T>(start: (callback: Callback<T>) => void) =>
    new Promise<T>((resolve, reject) => {
      underWay.add(reject);
      if (isOver) return end();
      start((error, value) => {
        underWay.delete(reject);
        if (error) reject(error);
        else resolve(value);
      });
    });
}

const codeOf = (thrown: unknown) => (thrown as { code?: unknown }).code;

/** The server does not have it: thrown by the library before it sends anything. */
class Unsupported extends Error {}

function refusal(error: Error, where: string): Error {
  const code = codeOf(error);
  if (/not support/i.test(error.message)) return new Unsupported(error.message, { cause: error });
  if (typeof code !== "number") return new Lost(error.message, { cause: error });
  const why = { [noSuchFile]: "there is no such file or folder", [noPermission]: "permission denied" }[code];
  if (why !== undefined) return problem({ kind: "path-refused", path: where, why }, error);
  // All that it says of a full disk, too.
  return problem({ kind: "input-output", what: where, why: `the server refused it (${error.message})` }, error);
}

async function orWithout(asked: Promise<void>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (thrown) {
    if (thrown instanceof Unsupported) return false;
    throw thrown;
  }
}
