/** One operation while it runs: what does not survive in the journal, or is rebuilt from it. */
import type { StepPhase } from "../core/events.ts";
import { type GarzaError, problem } from "../core/problem.ts";
import type { Mapping } from "../core/value.ts";
import type { Claim } from "../queue/queue.ts";
import { Scope } from "../template/scope.ts";
import { builtIns } from "../template/surroundings.ts";
import type { Step, Template } from "../template/template.ts";
import type { Past } from "./past.ts";
import { recorded } from "./stand-back.ts";
import type { World } from "./world.ts";

/** A completed step that has an `undo`, with the scope its undo runs in. */
export type Undoable = { step: Step; key: string; scope: Scope };

export type Run = {
  world: World;
  template: Template;
  claim: Claim;
  id: string;
  askedBy: string;
  parameters: Mapping;
  /** Texts that were journaled with it: child templates and scripts by name. */
  attached: Readonly<Record<string, string>>;
  /** Operations it runs within, innermost first. Their locks count as its own. */
  lineage: readonly string[];
  /** Other steps may run beside it: it can't stand back while they do. */
  beside: boolean;
  startedAt: number;
  /** Milliseconds that it may run in all. */
  timeLimitMs: number | undefined;
  scope: Scope;
  /** Aborted with a problem (`cancelled`, `timed-out`) when the forward run has to stop. */
  stop: AbortController;
  /** Aborted with `lock-lost`: nothing more may be done, not even on the way back. Nested ones stop with it. */
  lost: AbortController;
  /** True once a step that may have changed something was started: only then is there anything to roll back. */
  changed: boolean;
  completed: Undoable[];
  /** Fencing tokens of the locks it took. */
  tokens: Map<string, number>;
  /** Names of the loops whose results a later step reads. */
  readLoops: ReadonlySet<string>;
  /** The last finished loop of a scope. */
  lastLoop: WeakMap<Scope, string>;
  /** After a failure: the names that only rollback, failure notifications and the report know. */
  failure: Scope | null;
  /** Locks to be taken before another operation's work is rolled back. */
  retake: Set<string>;
  /** What the journal knows when an operation is carried on; null in a first run. */
  past: Past | null;
  warnings: Set<string>;
  /** Something thrown that is no problem: a bug of GARZA, told as such at the end. */
  bug: unknown;
};

/** Where a list of steps runs. */
export type Frame = {
  run: Run;
  scope: Scope;
  phase: StepPhase;
  /** The containing step: keys are made from its key, its children name it as parent. */
  parent: { key: string; id: string; prefix: string } | null;
  /** Other steps may run beside this list. */
  beside: boolean;
  signal: AbortSignal;
};

export type RunStart = Pick<
  Run,
  | "world"
  | "template"
  | "claim"
  | "askedBy"
  | "parameters"
  | "attached"
  | "lineage"
  | "beside"
  | "readLoops"
  | "startedAt"
>;

export function newRun(start: RunStart): Run {
  const { world, template, claim, parameters, startedAt } = start;
  const tokens = new Map<string, number>();
  const scope = new Scope({
    builtIn: builtIns({
      startedAt,
      operation: { id: claim.id, name: template.operation.name },
      hostName: world.hostName,
      parameters: template.parameters,
    }),
    env: (name) => (Object.hasOwn(world.env, name) ? world.env[name] : undefined),
    secret(name) {
      const value = world.secret(name);
      // From here on it may appear in any output.
      if (value !== undefined) world.masker.add(value);
      return value;
    },
    service: (name) => world.services.entry(name),
    lockToken: (resource) => tokens.get(resource),
    now: () => world.clock.now(),
  });
  for (const [name, value] of Object.entries(parameters)) scope.set(name, value);
  return {
    ...start,
    past: null,
    retake: new Set(),
    timeLimitMs: undefined,
    id: claim.id,
    scope,
    tokens,
    stop: new AbortController(),
    lost: new AbortController(),
    changed: false,
    completed: [],
    lastLoop: new WeakMap(),
    failure: null,
    warnings: new Set(),
    bug: undefined,
  };
}

/** Why the forward run was stopped from outside, if it was. */
export function stopReason(run: Run): GarzaError | null {
  return run.stop.signal.aborted ? (run.stop.signal.reason as GarzaError) : null;
}

/** Operations whose locks it works under. */
export const family = ({ id, lineage }: Run): string[] => [id, ...lineage];

/** From now on, a lock that it needs and loses stops it. Returns what ends that. */
export function stopWhenLost(run: Run): () => void {
  return run.world.locks.listen((event) => {
    if (event.type === "lost" && family(run).includes(event.operation)) lose(run, event.resource, event.why);
  });
}

/** Time may have passed unseen: the machine slept, or its clock was set. */
export function stopIfLate(run: Run): void {
  const until = run.world.locks.until(family(run));
  if (until !== undefined && until <= run.world.clock.now()) lose(run, "of this operation", "its time had run out");
}

function lose(run: Run, resource: string, why: string): void {
  const lost = problem({ kind: "lock-lost", resource, why, operation: run.id });
  run.lost.abort(lost);
  run.stop.abort(lost);
}

/** A warning is told once an operation. */
export async function warn(run: Run, key: string | null, message: string): Promise<void> {
  if (run.warnings.has(message)) return;
  run.warnings.add(message);
  await recorded(run.world.journal.tell(run.id, { type: "warning", key, message: run.world.masker.mask(message) }));
}
