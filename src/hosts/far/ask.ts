/**
 * Asks a host: one constant command line, whatever the login shell is, and a program for `sh` on standard input.
 * What answers is told by a mark that nobody can guess; what a login shell prints around it is not looked at.
 */
import { randomBytes } from "node:crypto";
import { problem } from "../../core/problem.ts";
import { singleQuoted } from "../../core/shell-quote.ts";
import { type Connection, type ExecOptions, Lost } from "../connection.ts";
import common from "./common.sh" with { type: "text" };

/** The other side did not run the program: no POSIX shell, no room, or it answers in another way. */
export class NotUnderstood extends Error {
  override name = "NotUnderstood";
}

export type Question = {
  program: string;
  /** Its variables, without their `g_`. */
  variables: Readonly<Record<string, string | number>>;
  /** Its last line. */
  call: string;
};

/** The words behind the mark, and the bytes behind each section's name. */
export type Answer = { words: string[]; head: string[]; section(name: string): Buffer };

/** The same for every program, and for every shell a word or two: no value ever stands in it. */
export const commandLine = `exec /bin/sh -c 'p=$(cat) && eval "$p"'`;

/** Throws `NotSent`, `Lost`, `NotUnderstood`. */
export async function ask(
  connection: Connection,
  { program, variables, call }: Question,
  options: Pick<ExecOptions, "signal" | "quits"> = {},
): Promise<Answer> {
  const nonce = `garza-${randomBytes(12).toString("hex")}`;
  const set = Object.entries({ ...variables, nonce }).map(
    ([name, value]) => `g_${name}=${singleQuoted(String(value))}\n`,
  );
  const text = `${common}\n${program}`;
  // In braces: what was cut off on the way is no program at all.
  const stdin = `{\n${set.join("")}${text}\n${call}\n}`;
  if (stdin.includes("\0")) throw refusedNul();
  const { stdout, stderr, exitCode } = await connection.exec(commandLine, { ...options, stdin, limit: largestAnswer });
  return read(stdout, nonce) ?? refuse(stdout, nonce, stderr, exitCode);
}

const refusedNul = () =>
  problem({
    kind: "value-refused",
    code: "E_NUL",
    where: "a command for another machine",
    message: "it holds a NUL, which no shell can take",
  });

/** Pieces of output, and what a login shell may print besides. */
const largestAnswer = 8 * 2 ** 20;

function read(stdout: Buffer, nonce: string): Answer | undefined {
  const start = stdout.indexOf(`${nonce} `);
  const end = stdout.lastIndexOf(`${nonce} end\n`);
  if (start < 0) return undefined;
  const first = stdout.indexOf("\n", start);
  const words = stdout.toString("utf8", start + nonce.length + 1, first).split(" ");
  if (end < 0) return words.length === 1 ? { words, head: [], section: () => Buffer.alloc(0) } : undefined;
  const next = (from: number) => stdout.indexOf(`${nonce} `, from);
  return {
    words,
    head: stdout.toString("utf8", first + 1, next(first)).split("\n"),
    section(name) {
      const mark = `${nonce} ${name}\n`;
      const at = stdout.indexOf(mark, first);
      return at < 0 ? Buffer.alloc(0) : stdout.subarray(at + mark.length, next(at + mark.length));
    },
  };
}

/** Half an answer was cut; none at all was never given. */
function refuse(stdout: Buffer, nonce: string, stderr: Buffer, exitCode: number | null): never {
  if (stdout.includes(nonce)) throw new Lost("the answer was cut off");
  const said = (stderr.toString("utf8").trim() || stdout.toString("utf8").trim()).slice(-300);
  throw new NotUnderstood(`no POSIX shell answers there (exit code ${exitCode ?? "none"})${said && `: ${said}`}`);
}
