/** A real agent to be measured: the compiled program in a root of its own, asked by way of its socket. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type GarzaClient, openClient } from "../../src/api/client.ts";
import type { Wanted } from "../../src/api/control.ts";
import { type Bench, noop, withFolder } from "./measure.ts";
import { repository } from "./runs.ts";

export type BenchAgent = {
  pid: number;
  root: string;
  data: string;
  client: GarzaClient;
  /** Milliseconds from its start to its socket. */
  startMs: number;
  /** Called with each line of its log as it comes. Returns what ends that. */
  listen(listener: (line: string) => void): () => void;
};

/** `prepare` is given the data folder before it starts. */
export type AgentOptions = { template?: string; workers?: number; prepare?(data: string): Promise<void> };

/** Everything of it is gone afterwards. */
export function withAgent<Result>(
  bench: Bench,
  { template = noop, workers = 3, prepare }: AgentOptions,
  work: (agent: BenchAgent) => Promise<Result>,
): Promise<Result> {
  return withFolder(bench, async (folder) => {
    const root = await repository(folder, { "operations/bench.yml": template });
    const data = join(root, ".data");
    await mkdir(data, { mode: 0o700 });
    await prepare?.(data);
    return runAgent(bench, root, data, workers, work);
  });
}

/** Starts it, and ends it afterwards; the root and its data stay. */
export async function runAgent<Result>(
  { program }: Pick<Bench, "program">,
  root: string,
  data: string,
  workers: number,
  work: (agent: BenchAgent) => Promise<Result>,
): Promise<Result> {
  const started = performance.now();
  const child = Bun.spawn([program, "agent", "--workers", `${workers}`], {
    cwd: root,
    env: { HOME: root, PATH: process.env.PATH ?? "", GARZA_HOME: data },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const listeners = new Set<(line: string) => void>();
  const listen = (listener: (line: string) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const said = follow(child.stderr, listeners);
  try {
    await Promise.race([lineWith(listen, " ready: "), child.exited.then(() => failed(said))]);
    const startMs = performance.now() - started;
    const client = openClient({ socket: join(data, "agent.sock") });
    return await work({ pid: child.pid, root, data, client, startMs, listen });
  } finally {
    child.kill("SIGTERM");
    const impatient = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await child.exited;
    clearTimeout(impatient);
  }
}

/** Resolves with the first line that has the text. */
export function lineWith(listen: BenchAgent["listen"], text: string): Promise<string> {
  return new Promise((resolve) => {
    const unlisten = listen((line) => {
      if (!line.includes(text)) return;
      unlisten();
      resolve(line);
    });
  });
}

/** Resolves when so many operations have ended. */
export function endsOf({ listen }: Pick<BenchAgent, "listen">, count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    const unlisten = listen((line) => {
      if (!line.includes(" ended: ") || --left > 0) return;
      unlisten();
      resolve();
    });
  });
}

export const wanted = (count: number): Wanted[] =>
  Array.from({ length: count }, () => ({ template: "bench", parameters: {}, priority: 5, askedBy: "bench" }));

function follow(stream: ReadableStream<Uint8Array>, listeners: Set<(line: string) => void>): { last: string } {
  const said = { last: "" };
  void (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of stream) {
      const lines = `${text}${decoder.decode(chunk, { stream: true })}`.split("\n");
      text = lines.pop() ?? "";
      said.last = lines.at(-1) ?? said.last;
      for (const line of lines) for (const listener of listeners) listener(line);
    }
  })();
  return said;
}

function failed({ last }: { last: string }): never {
  throw new Error(`the agent ended: ${last}`);
}
