/** A process on another machine without a wrapper: it lives with its channel, and nothing there keeps a record of it. */

import { basename } from "node:path";
import type { Readable } from "node:stream";
import { singleQuoted } from "../../core/shell-quote.ts";
import type { Connection, RemoteEnd } from "../connection.ts";
import { commandLine } from "./ask.ts";
import { type FarStart, scriptPlace } from "./far-process.ts";

type Plain = {
  /** What it prints, as it comes. */
  onBytes(stream: "out" | "err", bytes: Buffer): void;
  signal: AbortSignal;
};

/**
 * By a route that takes no input: the script, values and all, is the command line, which everybody there may see.
 * Throws `NotSent`, `Lost`, the signal's reason.
 */
export async function execPlain(connection: Connection, start: FarStart, { onBytes, signal }: Plain) {
  return exec(connection, `exec /bin/sh -c ${singleQuoted(programOf(start))}`, { onBytes, signal });
}

/** Where there is no POSIX shell: the text as it stands, in whatever answers there. */
export async function execRaw(connection: Connection, text: string, { onBytes, signal }: Plain): Promise<RemoteEnd> {
  return exec(connection, text, { onBytes, signal });
}

async function exec(connection: Connection, line: string, { onBytes, signal }: Plain): Promise<RemoteEnd> {
  const { stdout, stderr, ...end } = await connection.exec(line, { limit: largestOutput, signal });
  onBytes("out", stdout);
  onBytes("err", stderr);
  return end;
}

const largestOutput = 16 * 2 ** 20;

/** Everything goes by standard input. `onGroup` hears which process group it is. Throws `NotSent`, `Lost`. */
export async function openPlain(
  connection: Connection,
  start: FarStart,
  { onBytes, onGroup, signal }: Plain & { onGroup(group: number): void },
): Promise<RemoteEnd> {
  const mark = `garza-${crypto.randomUUID()}`;
  const stream = await connection.open(commandLine, { signal });
  stream.stdin.on("error", () => {
    // It ended before it had read all: how, the end says.
  });
  stream.stdin.end(`{\necho ${mark} $$ >&2\necho ${mark}\n${programOf(start)}\n}`);
  const heard = [
    behind(stream.stdout, mark, (bytes) => onBytes("out", bytes)),
    behind(
      stream.stderr,
      mark,
      (bytes) => onBytes("err", bytes),
      (said) => onGroup(Number(said)),
    ),
  ];
  try {
    const [end] = await Promise.all([stream.ended, ...heard]);
    return end;
  } catch (thrown) {
    stream.close();
    throw thrown;
  }
}

/** What a login shell prints comes before the line with the mark, and is nobody's output. */
async function behind(
  stream: Readable,
  mark: string,
  onBytes: (bytes: Buffer) => void,
  onMark?: (said: string) => void,
) {
  let before: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (!before) {
      onBytes(chunk as Buffer);
      continue;
    }
    before = Buffer.concat([before, chunk as Buffer]);
    const at = before.indexOf(mark);
    const end = at < 0 ? -1 : before.indexOf("\n", at);
    if (end < 0) continue;
    onMark?.(before.toString("utf8", at + mark.length, end).trim());
    const rest: Buffer = before.subarray(end + 1);
    before = undefined;
    if (rest.length > 0) onBytes(rest);
  }
}

/** For `sh`. The script has no file there: it comes through a pipe, and is read to its end before any of it runs. */
function programOf({ argv, script, stdin, env, directory = "" }: FarStart): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${singleQuoted(value)}`);
  const folder = directory.startsWith("~/") ? directory.slice(2) : directory === "~" ? "" : directory;
  const enter = [
    "cd",
    ...(folder === "" ? [] : [`cd ${singleQuoted(folder.startsWith("/") ? folder : `./${folder}`)}`]),
  ];
  const input = stdin === undefined ? ":" : `printf %s ${singleQuoted(stdin)}`;
  const isShell = shells.has(basename(argv[0]));
  const fed =
    script === undefined ? input : `printf %s ${singleQuoted(isShell ? `${input} | {\n${script}\n}\n` : script)}`;
  const words = argv.map((word) => singleQuoted(word === scriptPlace ? "/dev/stdin" : word)).join(" ");
  return `${enter.join(" && ")} || exit 126\n${exports.join("\n")}\n${fed} | ${words}`;
}

const shells: ReadonlySet<string> = new Set(["sh", "bash", "dash", "zsh", "ksh"]);
