/** An agent, whole and compiled, on a machine that fails it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Running, start } from "../support/running.ts";
import { compiledProgram, type Ended, type Sandbox, type SandboxOptions, sandbox } from "../support/sandbox.ts";

const slow = `
operation: {name: slow, type: maintain, description: Waits for a file}
steps:
  - {name: one, type: command, command: "echo one >> effects; until test -e go || ! test -e operations; do sleep 0.05; done; echo went >> effects"}
  - {name: two, type: command, command: echo two >> effects}
`;
const quick = `
operation: {name: quick, type: maintain, description: One line}
parameters: {word: x}
steps:
  - {name: say, type: command, command: "echo \${word} >> said"}
`;

export type Box = Sandbox & {
  /** Any program, ended with the box. */
  spawn(...command: string[]): Running;
};

/** `t/slow` goes on when there is a file `go`; `t/quick` leaves a line in `said`. */
export async function faultyBox({ files = {}, ...rest }: SandboxOptions = {}): Promise<Box> {
  const templates = { "operations/t/slow.yml": slow, "operations/t/quick.yml": quick, ...files };
  const box = await sandbox({ files: templates, ...rest });
  box.env.GARZA_SOCKET = join(box.folder, "socket", "s");
  const spawned: Running[] = [];
  return {
    ...box,
    spawn(...command) {
      const one = start(command, { cwd: box.root, env: box.env });
      spawned.push(one);
      return one;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(spawned.map((one) => one.end()));
      await box[Symbol.asyncDispose]();
    },
  };
}

export const can = (...command: string[]) =>
  Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command).exitCode === 0;

/** Serves when it resolves. `before`: what starts the program, its own name and arguments last. */
export async function startAgent(box: Box, ...before: string[]): Promise<Running> {
  const agent = startBehind(box, before, "agent");
  await agent.says("ready:");
  return agent;
}

/** Starts the program by way of another one. */
export function startBehind(box: Box, before: string[], ...args: string[]): Running {
  return box.spawn(...before, compiledProgram(), ...args);
}

export const runBehind = (box: Box, before: string[], ...args: string[]): Promise<Ended> =>
  startBehind(box, before, ...args).ended;

type Answer = { status: number; body: { id?: string; kind?: string; operations?: { id: string }[] } };

const socketOf = (box: Box) => box.env.GARZA_SOCKET ?? join(box.data, "agent.sock");

/** A template, or the whole body of a request. */
export async function submit(box: Box, wanted: string | object): Promise<Answer> {
  const body = JSON.stringify(typeof wanted === "string" ? { template: wanted } : wanted);
  const unix = socketOf(box);
  const response = await fetch("http://garza/v1/operations", { unix, method: "POST", body, keepalive: false });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

/** Operations of each status. */
export async function counts(box: Box): Promise<Record<string, number>> {
  const response = await fetch("http://garza/v1/queue", { unix: socketOf(box), keepalive: false });
  const { queued, running, success, failed, interrupted } = (await response.json()) as Record<string, number>;
  return {
    queued: queued ?? -1,
    running: running ?? -1,
    success: success ?? -1,
    failed: failed ?? -1,
    interrupted: interrupted ?? -1,
  };
}

/** The lines of a file in the repository; none where it is not there. */
export const lines = async (box: Box, file: string) =>
  (await box.read(file).catch(() => "")).split("\n").filter((line) => line !== "");

/** Asks the agent to leave, and waits until it has. */
export async function stop(agent: Running): Promise<Ended> {
  agent.signal("SIGTERM");
  return agent.ended;
}

/** A small file system of its own, which only those see who are started `inside`. */
export type SmallDisk = {
  /** Before a command. */
  inside: string[];
  /** A path on it, as seen from here. */
  at(name: string): string;
  /** Takes every byte that is left; returns the error that ended it. */
  fill(name: string): string;
};

export const canMount = can("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt");

/** `place`: a folder that is not there yet; the data folder unless told. */
export async function smallDisk(box: Box, megabytes: number, place = box.data): Promise<SmallDisk> {
  mkdirSync(place, { mode: 0o700 });
  const mount = `mount -t tmpfs -o size=${megabytes}m,mode=0700 tmpfs '${place}'`;
  const holder = box.spawn("unshare", "-rm", "sh", "-c", `${mount} && echo mounted && exec sleep 600`);
  await holder.says("mounted");
  const at = (name: string) => join(`/proc/${holder.pid}/root`, place, name);
  return {
    inside: ["nsenter", `--target=${holder.pid}`, "--user", "--mount", "--preserve-credentials", `--wd=${box.root}`],
    at,
    fill(name) {
      const filled = Bun.spawnSync(["dd", "if=/dev/zero", `of=${at(name)}`, "bs=4096"], { stderr: "pipe" });
      return filled.stderr.toString();
    },
  };
}

export const canTrace = can("strace", "-f", "-e", "trace=fsync", "true");

/** Makes system calls of a running program fail from now on, until the tracer is ended; resolves when they do. */
export async function failFrom(box: Box, program: Running, fault: string[]): Promise<{ log: string; tracer: Running }> {
  const log = join(box.folder, "trace");
  const tracer = box.spawn("strace", "-f", "-p", String(program.pid), "-o", log, ...fault);
  await tracer.says("attached");
  return { log, tracer };
}
