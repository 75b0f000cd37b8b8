/**
 * For TypeScript users: what the command line does, as functions.
 *
 * Every function takes the root (a folder with `operations/`) and the environment in which to look for
 * programs, secrets and the data folder; nothing is read from the process behind your back.
 */
import { type AgentOptions, type Agent as Owner, startAgent as openAgent } from "./agent/agent.ts";
import { outcomeOf } from "./agent/outcome.ts";
import { planOperation } from "./agent/plan.ts";
import { openProgramLocks, type ProgramLocks } from "./agent/program-locks.ts";
import { socketPlace } from "./agent/socket-place.ts";
import { openClient as connect, type GarzaClient } from "./api/client.ts";
import type { Control } from "./api/control.ts";
import type { OperationFilter, OperationPage } from "./api/reader.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import type { Places } from "./core/config.ts";
import type { Listener } from "./core/events.ts";
import { findPlaces } from "./core/places.ts";
import { problem } from "./core/problem.ts";
import type { Fault } from "./core/problems.ts";
import type { Mapping, Value } from "./core/value.ts";
import type { Outcome } from "./engine/execute.ts";
import type { Plan } from "./engine/plan/plan.ts";
import { validateWith } from "./engine/submit.ts";
import { stepTypes } from "./steps/index.ts";
import { builtIn } from "./template/built-in.ts";
import { openLibrary } from "./template/library.ts";
import type { Template } from "./template/template.ts";

export type { Told } from "./api/control.ts";
export type { Listener, OperationEvent } from "./core/events.ts";
export { describe, exitCode, GarzaError, type Problem } from "./core/problem.ts";
export type { Fault } from "./core/problems.ts";
export type { Mapping, Value } from "./core/value.ts";
export type { Outcome } from "./engine/execute.ts";
export type { Plan, PlanStep } from "./engine/plan/plan.ts";
export type { Template } from "./template/template.ts";

export type Settings = {
  /** A folder with `operations/`. */
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Default: the system's. */
  clock?: Clock;
};

export type RunSettings = Settings & {
  /** Who is recorded as having asked. Default `api`. */
  askedBy?: string;
  onEvent?: Listener;
  /** Aborting cancels the operation: it takes the way of failure, rollback included. */
  signal?: AbortSignal;
};

/** Parameters are JSON; text is converted to the parameter's type as on the command line. */
export type Parameters = Readonly<Record<string, Value>>;

/** A template by name. Throws `template-unknown`, and `template-invalid` with every fault. */
export function load(name: string, { root }: Pick<Settings, "root">): { template: Template; warnings: Fault[] } {
  const library = openLibrary({ root, builtIn });
  return validateWith({ root, library, stepTypes }, library.find(name));
}

/** Checks a text as if it were the template `name`. Throws `template-invalid`. */
export function validate(text: string, { root, name = "text" }: Pick<Settings, "root"> & { name?: string }): Fault[] {
  const library = openLibrary({ root, builtIn });
  return validateWith({ root, library, stepTypes }, { name, file: name, text }).warnings;
}

/** What a run would do; changes nothing. Throws `template-…`, `parameters`. */
export function plan(name: string, parameters: Parameters, settings: Settings): Promise<Plan> {
  return planOperation(surrounding(settings), { template: name, parameters: given(parameters), check: false });
}

/**
 * Runs an operation to its end, waiting for whoever else runs in this root. A failed operation is an answer
 * (`outcome.status`), not an exception. Throws `template-…`, `parameters` before anything is recorded.
 */
export async function run(name: string, parameters: Parameters, settings: RunSettings): Promise<Outcome> {
  const { askedBy = "api", onEvent, signal } = settings;
  const bugs = new Map<string, unknown>();
  const onBug = (thrown: unknown, operation: string) => void bugs.set(operation, thrown);
  const owner = await own(settings, { workers: 1, onlyOwn: true, waits: () => true, signal, onBug });
  try {
    if (onEvent) owner.listen(onEvent);
    const id = await submitTo(owner.control)({ template: name, parameters, askedBy });
    const cancel = () => void owner.control.cancel(id, askedBy).catch(() => {});
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    for await (const _ of owner.control.follow(id, 0, new AbortController().signal));
    await owner.idle();
    return { ...outcomeOf(owner.row(id)), bug: bugs.get(id) };
  } finally {
    await owner.leave(0);
  }
}

export type AgentSettings = Settings & {
  /** Operations at once. Default: `queue.max_concurrent` of garza.yml, else 3. */
  workers?: number;
  onEvent?: Listener;
  /** A line for a log. */
  onLog?(message: string): void;
};

/** A wanted operation; times are milliseconds since 1970. */
export type Submission = {
  template: string;
  parameters?: Parameters;
  /** 0 to 9, higher is sooner; 5 unless told. */
  priority?: number;
  askedBy?: string;
  /** The same key with the same request answers the same operation. */
  key?: string;
  notBefore?: number;
  notAfter?: number;
};

export type Agent = Pick<
  Control,
  "cancel" | "retry" | "resume" | "resolve" | "rollback" | "pause" | "unpause" | "follow"
> & {
  /** Durable when it resolves: the operation's id. */
  submit(submission: Submission): Promise<string>;
  /** An operation with its steps. Throws `operation-unknown`. */
  get(id: string): Mapping & { id: string };
  list(filter?: Partial<OperationFilter>): OperationPage;
  stats(): Mapping;
  locks: ProgramLocks;
  /** Resolves when nothing runs, and nothing waits that could go on without a person or the clock. */
  idle(): Promise<void>;
  /** Running steps get `agent.drain_timeout`; what they leave is carried on by the next agent. */
  stop(): Promise<void>;
};

/**
 * Runs the operations of a root's queue in this process, and serves its control socket. Throws `busy` where another
 * process does, `data-damaged`, `configuration`.
 */
export async function startAgent(settings: AgentSettings): Promise<Agent> {
  const { workers, onEvent, onLog = () => {} } = settings;
  const onBug = (thrown: unknown, operation: string) => onLog(`a bug in garza, ${operation}: ${String(thrown)}`);
  const { control, reader, listen, idle, leave } = await own(settings, { workers, serves: "now", say: onLog, onBug });
  if (onEvent) listen(onEvent);
  const { cancel, retry, resume, resolve, rollback, pause, unpause, follow } = control;
  return {
    ...{ cancel, retry, resume, resolve, rollback, pause, unpause, follow, idle },
    submit: submitTo(control),
    get: (id) => reader.operation(id),
    list: (filter = {}) => reader.list({ limit: 50, ...filter }),
    stats: () => reader.stats(),
    locks: openProgramLocks(control, settings.clock ?? systemClock),
    async stop() {
      await leave();
    },
  };
}

/** What `garza agent` can be asked, from another process. Following outlasts it: see `watch`. */
export type Client = Omit<GarzaClient, "submit"> & Pick<Agent, "submit">;

/** Nothing is opened yet: each request throws `no-agent` where none serves this root. */
export function openClient(settings: Settings): Client {
  const { places, env, clock } = surrounding(settings);
  const client = connect({ socket: socketPlace(places, env), clock });
  return { ...client, submit: submitTo(client) };
}

function submitTo(control: Pick<Control, "submit">): Agent["submit"] {
  return async (submission) => {
    const [accepted] = await control.submit([wanted(submission)]);
    if (!accepted) throw new Error("nothing was accepted");
    return accepted.id;
  };
}

/** Throws `busy`, saying who has the root, unless it is waited for. */
async function own(settings: Settings, options: Partial<AgentOptions>): Promise<Owner> {
  let held: { pid: number; command: string } | null = null;
  const owner = await openAgent({
    command: "a program (startAgent)",
    serves: "never",
    say: () => {},
    onBug: () => {},
    waits(other) {
      held = other;
      // Who only writes is gone in a moment, and a note may be that of a process that is gone.
      return other === null || other.workers === 0 || !isThere(other.pid);
    },
    ...surrounding(settings),
    ...options,
  });
  if (owner) return owner;
  const { command = "another process", pid = 0 } = held ?? {};
  throw problem({ kind: "busy", what: `${command} (process ${pid}) serves this root`, next: "Look: garza status" });
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const wanted = ({ parameters = {}, priority = 5, askedBy = "api", ...rest }: Submission) => ({
  parameters: given(parameters),
  priority,
  askedBy,
  ...rest,
});

function surrounding({ root, env, clock = systemClock }: Settings) {
  const places: Places = findPlaces({ root, env, cwd: root, platform: process.platform });
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { places, env: Object.fromEntries(defined), clock, builtIn };
}

const given = (parameters: Parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, json]) => [name, { json }]));
