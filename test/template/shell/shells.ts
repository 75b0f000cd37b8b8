/** The real shells, and a program `A` on their PATH that records what it is given. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shells as everyShell } from "../../support/shells.ts";

export const shells: Readonly<Record<string, readonly string[]>> = everyShell;

export type Ran = {
  /** The arguments of each run of A, its standard input behind them for `A STDIN`. */
  calls: string[][];
  stderr: string;
  exitCode: number;
  /** Files that the script left in its folder. */
  files: string[];
};

/** Runs scripts, each in an empty folder. */
export type Bench = AsyncDisposable & { run(shell: readonly string[], script: string): Promise<Ran> };

const recorder = `#!/bin/sh
[ "$1" = ECHO ] && { shift; printf '%s\\n' "$*"; set -- ECHO "$@"; }
[ "$1" = STDIN ] && { all=$(cat; printf x); set -- "$@" "\${all%x}"; }
printf '%s\\0' "$#" "$@" >> "$CALLS"
`;

/** Fails on any shell that is not installed when it is used. */
export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "garza-shell-"));
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin", "A"), recorder);
  await chmod(join(folder, "bin", "A"), 0o755);
  let count = 0;
  return {
    run: (shell, script) => runScript(folder, ++count, shell, script),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function runScript(folder: string, count: number, shell: readonly string[], script: string): Promise<Ran> {
  const [file, calls, cwd] = ["script", "calls", "cwd"].map((name) => join(folder, `${name}-${count}`));
  if (!file || !calls || !cwd) throw new Error("three paths are needed");
  await mkdir(cwd);
  await writeFile(file, script);
  await writeFile(calls, "");
  const env = { HOME: "/h", PATH: `${join(folder, "bin")}:/usr/bin:/bin`, CALLS: calls, LC_ALL: "C.UTF-8" };
  const child = Bun.spawn([...shell, file], { cwd, env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [stderr, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
  const files = [...new Bun.Glob("**").scanSync({ cwd, dot: true })].sort();
  const ran = { calls: split(await readFile(calls, "utf8")), stderr, exitCode, files };
  await Promise.all([rm(file), rm(calls), rm(cwd, { recursive: true })]);
  return ran;
}

function split(recorded: string): string[][] {
  const fields = recorded.split("\0");
  const calls: string[][] = [];
  for (let at = 0; at < fields.length - 1; ) {
    const length = Number(fields[at]);
    calls.push(fields.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return calls;
}
