/**
 * A small world for the real program: a home, a data folder, a repository, and a folder of fake programs
 * first on PATH. Gone when the test ends: `await using box = await sandbox({ files: { … } })`.
 */
import { existsSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { killGroup, type Running, start } from "./running.ts";

export type SandboxOptions = {
  /** Path in the repository to text. */
  files?: Record<string, string>;
  /** Name to the body of an `sh` script; its calls are logged. */
  programs?: Record<string, string>;
  env?: Record<string, string>;
  /** False: a folder, no git repository. */
  git?: boolean;
};

export type Ended = { stdout: string; stderr: string; exitCode: number };

export type Sandbox = AsyncDisposable & {
  /** Absolute and real; below it `root`, `home`, `data` and `bin`. */
  folder: string;
  root: string;
  data: string;
  env: Record<string, string>;
  /** Runs the compiled program to its end. */
  garza(...args: string[]): Promise<Ended>;
  /** Starts it and returns at once; ended with the sandbox. */
  start(...args: string[]): Running;
  /** Runs any other program in the repository. */
  run(program: string, ...args: string[]): Promise<Ended>;
  /** The arguments of every call of a fake program so far. */
  calls(program: string): Promise<string[][]>;
  /** What was sent to the channel `log` so far: `priority: title: message`. */
  told(): Promise<string[]>;
  program(name: string, body: string): Promise<void>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  json(path: string): Promise<unknown>;
};

/** `GARZA_BIN`, else what `bun run build` made. */
export function compiledProgram(): string {
  const program = resolve(process.env.GARZA_BIN ?? join(import.meta.dir, "../../dist/garza"));
  if (!existsSync(program)) throw new Error(`${program} is not there; make it first: bun run build`);
  return program;
}

export async function sandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "garza-box-")));
  const [root, home, data, bin] = ["root", "home", "data", "bin"].map((name) => join(folder, name)) as FourPaths;
  for (const path of [join(root, "operations"), home, bin]) await mkdir(path, { recursive: true });
  const env = {
    HOME: home,
    PATH: `${bin}:${process.env.PATH ?? "/usr/bin:/bin"}`,
    GARZA_HOME: data,
    USER: "tester",
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    NO_PROXY: "127.0.0.1,localhost",
    ...options.env,
  };
  const running: Running[] = [];
  const launch = (command: string[]): Running => {
    const one = start(command, { cwd: root, env });
    running.push(one);
    return one;
  };

  const box: Sandbox = {
    folder,
    root,
    data,
    env,
    garza: (...args) => launch([compiledProgram(), ...args]).ended,
    start: (...args) => launch([compiledProgram(), ...args]),
    run: (program, ...args) => launch([program, ...args]).ended,
    calls: async (program) =>
      (await loggedCalls(folder)).filter(([name]) => name === program).map(([, ...args]) => args),
    told: () => notifications(join(data, "notifications.log")),
    program: (name, body) => writeProgram(folder, name, body),
    write: (path, text) => writeText(join(root, path), text),
    read: (path) => readFile(join(root, path), "utf8"),
    json: async (path) => JSON.parse(await readFile(join(root, path), "utf8")),
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((one) => one.end()));
      await endSteps(data);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };

  for (const [path, text] of Object.entries(options.files ?? {})) await box.write(path, text);
  for (const [name, body] of Object.entries(options.programs ?? {})) await box.program(name, body);
  if (options.git !== false) await makeRepository(box);
  return box;
}

/** Steps survive their program on purpose: what is left of them is ended with the sandbox. */
export async function endSteps(data: string): Promise<void> {
  for (const folder of await readdir(join(data, "run")).catch(() => [])) {
    const [pid] = (await readFile(join(data, "run", folder, "pid"), "utf8").catch(() => "")).split("\n");
    if (/^\d+$/.test(pid ?? "")) killGroup(Number(pid));
  }
}

type FourPaths = [string, string, string, string];

async function makeRepository(box: Sandbox): Promise<void> {
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
  for (const args of [
    ["init", "-q", "-b", "main"],
    ["add", "-A"],
    [...identity, "commit", "-q", "--allow-empty", "-m", "Start"],
  ]) {
    const { exitCode, stderr } = await box.run("git", ...args);
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  }
}

const unit = "\x1f";
const record = "\x1e";

async function writeProgram(folder: string, name: string, body: string): Promise<void> {
  const path = join(folder, "bin", name);
  // One printf a call, so that calls made at the same time do not mix.
  const log = `printf '%s${record}' "$(printf '%s${unit}' ${name} "$@")" >> '${join(folder, "calls")}'`;
  await writeText(path, `#!/bin/sh\n${log}\n${body}\n`);
  await chmod(path, 0o755);
}

async function loggedCalls(folder: string): Promise<string[][]> {
  await appendFile(join(folder, "calls"), "");
  const calls = (await readFile(join(folder, "calls"), "utf8")).split(record).slice(0, -1);
  return calls.map((call) => call.split(unit).slice(0, -1));
}

async function notifications(file: string): Promise<string[]> {
  await appendFile(file, "");
  const lines = (await readFile(file, "utf8")).split("\n").filter(Boolean);
  return lines.map((line) => {
    const { priority, title, message } = JSON.parse(line) as Record<string, string>;
    return [priority, title, message].filter(Boolean).join(": ");
  });
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
