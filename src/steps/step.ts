/**
 * A step type is a definition: the shape the reader checks (keys, languages, nested lists), what it is
 * (read-only, idempotent, neither), what it would do, and what it does. It sees the world only through
 * its context, so that dry runs, tests and real runs use the same code.
 */
import type { z } from "zod";
import type { Clock } from "../core/clock.ts";
import type { HttpAnswer, HttpRequest } from "../core/http.ts";
import type { Problem } from "../core/problem.ts";
import type { Settings } from "../core/settings.ts";
import type { Mapping, Value } from "../core/value.ts";
import type { Tree } from "../git/tree.ts";
import type { Connections } from "../hosts/connection.ts";
import type { Inventory } from "../hosts/inventory.ts";
import type { Services } from "../hosts/services.ts";
import type { Locks } from "../locks/locks.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { StateFiles } from "../state/state-files.ts";
import type { StatePath } from "../state/state-path.ts";
import type { Scope } from "../template/scope.ts";
import type { Script } from "../template/shell/render.ts";
import type { StepShape } from "../template/step-type.ts";

/** Fields of `steps.<name>` that a step may fill besides `value`. */
export type StepRecord = {
  exit_code?: number;
  stdout?: string;
  stderr?: string;
  /** HTTP status. */
  code?: number;
  body?: string;
  json?: Value;
};

/** How one attempt ended. Anything thrown that is a GarzaError counts as `failed` with its text. */
export type StepOutcome =
  | { kind: "done"; value: Value; record?: StepRecord; sets?: Mapping }
  | { kind: "failed"; message: string; value?: Value; record?: StepRecord; sets?: Mapping }
  | { kind: "skipped"; why: string; sets?: Mapping }
  /** The operation ends here (`exit`, `exit: true`). */
  | { kind: "exit"; status: "success" | "failed"; message: string };

export const done = (value: Value, record: StepRecord = {}, sets: Mapping = {}): StepOutcome => ({
  kind: "done",
  value,
  record,
  sets,
});
export const failed = (message: string, record: StepRecord = {}, sets: Mapping = {}): StepOutcome => ({
  kind: "failed",
  message,
  record,
  sets,
});

/** Fills in texts of the template; the same for plan and run. In a plan unknown outputs read `⟨from step x⟩`. */
export type Rendering = {
  scope: Scope;
  /** A command's text as the script that the shell gets; a refused value throws `value-refused`. */
  shell(text: string): Script;
  /** A git command as words. */
  words(text: string): string[];
  /** Whether an expression holds. */
  condition(text: string, scope?: Scope): boolean;
  /** Text with its `${…}` filled in; a text that is one `${…}` keeps its type; empty places are empty text. */
  text(template: Value, scope?: Scope): Value;
  /** An expression's value (undefined: not set). */
  expression(text: string, scope?: Scope): Value | undefined;
  statePath(text: string): StatePath;
  /** Absolute path of a file or folder in the root; refuses what leaves it, links included. */
  pathInRoot(path: string): string;
};

export type PlanContext = Rendering & {
  /** Null: only a run can know. */
  decide(condition: string): boolean | null;
  inventory: Inventory;
  connections: Connections;
  services: Services;
  state: StateFiles;
  locks: Pick<Locks, "holder">;
};

/** What one line of a dry run shows: `command`, `$ flyctl deploy --app web`. */
export type PlanLine = { label: string; text: string };

export type ProcessRequest = {
  /** A script for an interpreter (`sh`, `bash`), or a program with its arguments. */
  run: { script: Script; shell: string } | { program: string; args: readonly string[] };
  /** Absolute. */
  directory: string;
  env?: Readonly<Record<string, string>>;
  stdin?: string;
  /** Milliseconds for this process; the step's own limit holds besides. */
  timeoutMs?: number;
  /** A lock that the step itself holds (core/flock.ts): from now on it lives as long as this process, too. */
  inheritFd?: number;
};

/** A process on another machine: a script for an interpreter there. */
export type FarRequest = {
  /** A name in the inventory, or `[user@]address[:port]`. */
  host: string;
  /** Who to log in as. */
  user?: string;
  /** Who to run it as, by a `sudo` that asks nothing. */
  become?: string;
  run:
    | { script: Script; shell: string }
    | { text: string; interpreter: readonly [string, ...string[]]; args: readonly string[] };
  /** As it is written: absolute, `~/…`, or relative to the home folder there, which is the default. */
  directory?: string;
  env?: Readonly<Record<string, string>>;
  stdin?: string;
  timeoutMs?: number;
};

export type ProcessResult = {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: string | null;
  /** At most 256 KiB each: the head, a mark with the number of missing bytes, the tail. */
  stdout: string;
  stderr: string;
};

/** What nested steps ended with; a step passes anything but `done` on as its own outcome. */
export type NestedOutcome =
  | { kind: "done" }
  | { kind: "failed"; step: string; message: string }
  | { kind: "exit"; status: "success" | "failed"; message: string };

export type StepContext = Rendering & {
  /** Id, name and kind of the running operation. */
  operation: { id: string; name: string; type: "deploy" | "maintain" | "recovery"; platform?: string };
  /** The root folder, absolute. */
  root: string;
  /** `id` of the step with loop positions: unique within the operation. */
  key: string;
  name: string;
  /** From 1. */
  attempt: number;
  /** Unguessable, the same for this attempt after a crash. */
  token: string;
  /** When this attempt first started (wall clock), the same after a crash. */
  startedAt: number;
  /** Aborted on cancel, time limit, or when a sibling that failed fast ends the loop. */
  signal: AbortSignal;
  /** Milliseconds left of the step's time limit; undefined without one. */
  remainingMs(): number | undefined;
  /** True in `rollback` and `undo`. */
  rollingBack: boolean;
  clock: Clock;
  inventory: Inventory;
  connections: Connections;
  services: Services;
  state: StateFiles;
  locks: Pick<Locks, "acquire" | "release" | "settled" | "holder">;
  /** What this operation has changed in state files goes to the remote now. Null: it is there, or there is none. */
  publish(): Promise<Problem | null>;
  /** `work` moves the root's tree, whose lock is held, and sees the state files as its history has them. */
  withHistory<T>(tree: Tree, work: () => Promise<T>): Promise<T>;
  notifier: Notifier;
  settings: Settings;
  /** Environment of the agent (or of the shell that started a foreground run). */
  env: Readonly<Record<string, string>>;
  secret(name: string): string | undefined;
  /** Runs a process under the wrapper, here or on another machine; throws on cancel and `timed-out`. */
  spawn(request: ProcessRequest | FarRequest): Promise<ProcessResult>;
  /** Throws `no-answer` with the reason when none came (core/http.ts). */
  http(request: HttpRequest): Promise<HttpAnswer>;
  /** A line for the followers: what the step is doing now. */
  say(text: string): void;
  /** A warning that stays with the operation's record. */
  warn(text: string): void;
  /** The nested lists that are written: `steps`, `else`, or the branch names of `parallel`, in their order. */
  nestedKeys: readonly string[];
  /** The records of a finished foreach: the one called `from`, or the last one; undefined when there is none. */
  loop(from?: string): ItemRecord[] | undefined;
  /** A later `aggregate_results` or `filter` of the template reads this loop. */
  resultsAreRead: boolean;
  /** Number of the last nested list `#n` that was begun before a crash; 0: none was. */
  looks: number;
  /** Something in the nested list `[3]` was running when the process died, and has to be settled whatever stops the rest. */
  wasLeftOpen(at: string): boolean;
  /**
   * Runs the nested list `key` (or branch). `at` tells repeated runs apart (`[3]`, `#2`); `beside`: another may run
   * at the same time.
   */
  nested(
    key: string,
    options?: { at?: string; scope?: Scope; signal?: AbortSignal; beside?: boolean },
  ): Promise<NestedOutcome>;
  /** Runs (or with execute false: validates) another template within this operation. */
  loadOperation(request: {
    template: string;
    parameters: Mapping;
    execute: boolean;
  }): Promise<{ status: "success" | "failed"; message: string; id: string | null }>;
  /** Asks a person; null when nobody can be asked. `by` is who answered. `signal` withdraws the question. */
  ask(message: string, signal?: AbortSignal): Promise<{ approved: boolean; by: string } | null>;
};

/** What a finished loop leaves for `aggregate_results` and `filter`: `from` is the foreach's name. */
export type ItemRecord = {
  item: Value;
  /** From 0. */
  index: number;
  /** The loop variable's name. */
  as: string;
  status: "success" | "failed" | "skipped";
  error: string | null;
  /** What the item's own steps set, without the loop variable. */
  values: Mapping;
};

export type Effect = "read-only" | "idempotent" | "changes";

/** The definition a step file writes. */
export type StepDefinition<Schema extends z.ZodType> = StepShape & {
  schema: Schema;
  effect: Effect | ((config: z.infer<Schema>) => Effect);
  /** Default time limit of an attempt in seconds, where the step writes none. */
  defaultTimeout?: number;
  /** The probe's word for success. */
  word?: "ok" | "success";
  plan(config: z.infer<Schema>, context: PlanContext): PlanLine[];
  /** What the journal keeps besides the plan before the step runs; a dry run shows it (`changes` as a diff). */
  intent?(config: z.infer<Schema>, context: PlanContext): Promise<Mapping>;
  /** After a crash it finds what it began by the attempt's token: it works through `context.spawn` or `loadOperation`. */
  resumes?: true;
  /** It only waits, and goes on waiting from where it was: an agent that leaves does not stay for it. */
  waits?: true;
  /** After a crash, for a step that changes something: whether it may be run again. `unknown`: nobody can tell. */
  evidence?(config: z.infer<Schema>, intent: Mapping, context: PlanContext): Promise<"run" | "unknown">;
  run(config: z.infer<Schema>, context: StepContext): Promise<StepOutcome>;
};

/** A definition with its configuration type hidden: all the engine ever sees. */
export type StepType = StepShape & {
  defaultTimeout?: number;
  word: "ok" | "success";
  effect(config: unknown): Effect;
  plan(config: unknown, context: PlanContext): PlanLine[];
  intent?(config: unknown, context: PlanContext): Promise<Mapping>;
  resumes?: true;
  waits?: true;
  evidence?(config: unknown, intent: Mapping, context: PlanContext): Promise<"run" | "unknown">;
  run(config: unknown, context: StepContext): Promise<StepOutcome>;
};

/** Hides the configuration's type in closures; `config` is parsed by the engine with the same schema. */
export function defineStep<Schema extends z.ZodType>(definition: StepDefinition<Schema>): StepType {
  const { effect, intent, evidence, ...shape } = definition;
  return {
    ...shape,
    ...(evidence && {
      evidence: (config: unknown, before: Mapping, context: PlanContext) =>
        evidence(config as z.infer<Schema>, before, context),
    }),
    ...(intent && { intent: (config: unknown, context: PlanContext) => intent(config as z.infer<Schema>, context) }),
    word: definition.word ?? "ok",
    effect: (config) => (typeof effect === "function" ? effect(config as z.infer<Schema>) : effect),
    plan: (config, context) => definition.plan(config as z.infer<Schema>, context),
    run: (config, context) => definition.run(config as z.infer<Schema>, context),
  };
}
