/** Command lines by way of a program of the repository, which has its own way to the host. */
import { accessSync, constants } from "node:fs";
import { childEnvironment } from "../core/environment.ts";
import { contained } from "../core/files.ts";
import { defaultLimit } from "./collect.ts";
import { type ExecResult, Lost, NotSent } from "./connection.ts";
import type { Host } from "./inventory.ts";
import type { Runner } from "./runner.ts";
import type { HostSurroundings } from "./surroundings.ts";
import type { ScriptWay } from "./ways.ts";

/** It ends as the command does. 255 proves nothing, as with `ssh` itself. */
export function scriptRunner({ file, to }: ScriptWay, host: Host, { root, env }: HostSurroundings): Runner {
  return {
    async run(line, { signal, limit = defaultLimit }) {
      signal?.throwIfAborted();
      const path = contained(root, file);
      const child = start(
        path,
        {
          ...childEnvironment(env, {
            GARZA_HOST: host.name,
            GARZA_ADDRESS: to.host,
            GARZA_PORT: String(to.port ?? 22),
            ...(to.user !== undefined && { GARZA_USER: to.user }),
            // Not an argument, which other users could see.
            GARZA_COMMAND: line,
          }),
        },
        root,
      );
      const abort = () => killGroup(child.pid);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        const [stdout, stderr] = await Promise.all([
          read(child.stdout, limit, abort),
          read(child.stderr, limit, abort),
        ]);
        await child.exited;
        signal?.throwIfAborted();
        return end(child, file, stdout, stderr);
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
  };
}

type Child = Bun.Subprocess<"ignore", "pipe", "pipe">;

function start(path: string, env: Record<string, string>, cwd: string): Child {
  const command = isExecutable(path) ? [path] : ["/bin/sh", path];
  try {
    return Bun.spawn(command, { cwd, env, detached: true, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  } catch (cause) {
    throw new NotSent(`${path} can't be started: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function end({ exitCode, signalCode }: Child, file: string, stdout: Buffer, stderr: Buffer): ExecResult {
  if (signalCode !== null) throw new Lost(`${file} was ended by ${signalCode}`);
  const last = stderr.toString().trim().split("\n").at(-1);
  if (exitCode === 255) throw new Lost(`${file} ended with 255${last ? `: ${last}` : ""}`);
  return { exitCode, signal: null, stdout, stderr };
}

async function read(stream: ReadableStream<Uint8Array>, limit: number, tooMuch: () => void): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) {
      tooMuch();
      throw new Lost(`it printed more than ${limit} bytes, and was given up`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It ended in between.
  }
}
