/** A control socket in a folder of its own, over an operation or two that live in this file. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GarzaClient, openClient } from "../../src/api/client.ts";
import type { AgentNote, Control } from "../../src/api/control.ts";
import type { Questions } from "../../src/api/questions.ts";
import type { OperationFilter } from "../../src/api/reader.ts";
import { serveControl } from "../../src/api/server.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { problem } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { Journal, known } from "./journal.ts";

export type Served = AsyncDisposable & {
  folder: string;
  socket: string;
  client: GarzaClient;
  journal: Journal;
  /** What the control was asked: the name of the method and its arguments. */
  asked: unknown[][];
  bugs: unknown[];
  stop(): Promise<void>;
  /** Another one at the same place, after the first has stopped. */
  serveAgain(): Promise<void>;
  request(path: string, init?: BunFetchRequestInit): Promise<{ status: number; body: Record<string, Value> }>;
};

/** `answers` replaces methods of the control. `clock` is the server's; the client's pauses take no time. */
export async function served(answers: Partial<Control> = {}, clock: Clock = systemClock): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "garza-api-"));
  chmodSync(folder, 0o700);
  const socket = join(folder, "s");
  const asked: unknown[][] = [];
  const bugs: unknown[] = [];
  const journal = new Journal();
  const note: AgentNote = {
    pid: 7, instance: "i", command: "garza agent", since: 1, socket, workers: 2, version: "0.1.0",
    configured: 1, refused: null, secrets: [],
  }; // biome-ignore format: a row
  const control = {
    ...recorded(asked),
    follow: journal.follow.bind(journal),
    watch: journal.watch.bind(journal),
    ...answers,
  };
  const reader = {
    operation: (id: string) => {
      if (!known.endsWith(id)) throw problem({ kind: "operation-unknown", id });
      return { id: known, status: "running", steps: [] };
    },
    list: (filter: OperationFilter) => ({ operations: [{ id: known, filter: { ...filter } }], next: "n" }),
    stats: () => ({ queued: 3 }),
  };
  const serve = () => serveControl({ socket, control, reader, note, clock, onBug: (bug) => bugs.push(bug) });
  let server = await serve();
  const instant: Clock = { ...systemClock, sleep: async (_, signal) => signal?.throwIfAborted() };
  return {
    folder,
    socket,
    client: openClient({ socket, clock: instant }),
    journal,
    asked,
    bugs,
    stop: () => server.stop(),
    async serveAgain() {
      server = await serve();
    },
    async request(path, init) {
      const response = await fetch(`http://garza${path}`, { ...init, unix: socket, keepalive: false });
      return { status: response.status, body: (await response.json()) as Record<string, Value> };
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function recorded(asked: unknown[][]): Omit<Control, "follow" | "watch"> {
  return {
    ...unasked,
    async submit(wanted) {
      asked.push(["submit", ...wanted]);
      return wanted.map((_, index) => ({ id: `op_${index}`, isNew: true, warnings: [] }));
    },
    cancel: async (...given) => void asked.push(["cancel", ...given]),
    async retry(...given) {
      asked.push(["retry", ...given]);
      return { id: "op_again", isNew: true, warnings: [] };
    },
    resume: async (...given) => void asked.push(["resume", ...given]),
    resolve: async (...given) => asked.push(["resolve", ...given]) > 0,
    async rollback(...given) {
      asked.push(["rollback", ...given]);
      return "op_back";
    },
    acquireLock: none,
    releaseLock: none,
    pause: async (...given) => void asked.push(["pause", ...given]),
    unpause: async (...given) => asked.push(["unpause", ...given]) > 0,
    syncState: async () => ({ files: ["infra/state/a.json"], tree: null }),
  };
}

const none = () => Promise.reject(new Error("not asked"));

/** Questions about the repository: real answers are in test/features/api. */
export const unasked: Questions = {
  steps: none,
  output: none,
  templates: none,
  template: none,
  validate: none,
  locks: none,
  lock: none,
  state: none,
  hosts: none,
  services: none,
  condition: async () => ({ running: 1, storage_full: false, paused: false }),
};
