/** What one attempt of a step sees of the world. */
import { sendRequest } from "../core/http.ts";
import { GarzaError } from "../core/problem.ts";
import { resourceName } from "../locks/resource-name.ts";
import type { ItemRecord, PlanContext, Rendering, StepContext } from "../steps/step.ts";
import type { Scope } from "../template/scope.ts";
import type { Attempt } from "./journal/journal.ts";
import { loadOperation } from "./nested-operation.ts";
import type { Reached } from "./reached.ts";
import { family, type Run, warn } from "./run.ts";
import { spawnStep } from "./spawn.ts";
import { StandsBack } from "./stand-back.ts";
import { runSteps } from "./steps.ts";
import type { ReadOnlyWorld } from "./world.ts";

export type AttemptInFrame = Reached & {
  attempt: Attempt;
  signal: AbortSignal;
  /** For what runs within it: a step that only waits is left at once by who leaves, what it waits with is not. */
  workSignal: AbortSignal;
  /** Monotonic milliseconds. */
  deadline: number | undefined;
  /** Nobody can tell what an earlier try did, and it may be done again all the same. */
  mayRepeat: boolean;
  /** The name of a nested step that failed. The first counts: siblings that were stopped because of it come after it. */
  onNestedFailure(step: string): void;
};

export function stepContext(at: AttemptInFrame): StepContext {
  const { step, frame, attempt, options, rendering, signal, workSignal, deadline, mayRepeat } = at;
  const { run, scope } = frame;
  const { world, template } = run;
  let processes = 0;
  // What a further attempt repeats has a row of its own.
  const again = attempt.attempt > 1 ? `!${attempt.attempt}` : "";
  const tell = (type: "step-said", text: string) =>
    // A record that can't be written now fails the step's next awaited write as well.
    void world.journal.tell(run.id, { type, key: attempt.key, text: world.masker.mask(text) }).catch(() => {});
  const say = (text: string) => tell("step-said", text);

  return {
    ...rendering,
    operation: {
      id: run.id,
      name: template.operation.name,
      type: template.operation.type,
      ...(template.operation.platform !== undefined && { platform: template.operation.platform }),
    },
    root: world.places.root,
    key: attempt.key,
    name: step.name,
    attempt: attempt.attempt,
    token: attempt.token,
    startedAt: attempt.startedAt,
    signal,
    remainingMs: () => (deadline === undefined ? undefined : Math.max(0, deadline - world.clock.monotonic())),
    rollingBack: frame.phase === "undo" || frame.phase === "rollback",
    clock: world.clock,
    inventory: world.inventory,
    connections: world.connections,
    services: world.services,
    state: stateOf(at),
    locks: locksOf(at),
    publish: () => world.sharing.publishNow(family(run)),
    withHistory: world.sharing.withHistory,
    notifier: world.notifier,
    settings: world.settings,
    env: world.env,
    secret: (name) => scope.surroundings.secret(name),
    spawn: (request) => spawnStep({ run, attempt, options, signal, request, number: processes++, mayRepeat, say }),
    http: (request) => sendRequest(request, signal),
    say,
    warn: (text) => void warn(run, attempt.key, text).catch(() => {}),
    nestedKeys: Object.keys(step.nested),
    loop(from = lastLoop(run, scope)) {
      const value = from === undefined ? undefined : scope.step(from)?.value;
      return Array.isArray(value) ? (value as ItemRecord[]) : undefined;
    },
    resultsAreRead: run.readLoops.has(step.name),
    looks: lastLook(run, `${attempt.key}${again}#`),
    wasLeftOpen: (at) => isOpenWithin(run, `${attempt.key}${again}${at}/`),
    async nested(key, nested = {}) {
      const outcome = await runSteps(step.nested[key] ?? [], {
        run,
        scope: nested.scope ?? scope,
        phase: frame.phase,
        parent: { key: attempt.key, id: step.id, prefix: `${attempt.key}${again}${nested.at ?? ""}` },
        beside: frame.beside || nested.beside === true,
        signal: nested.signal ? AbortSignal.any([workSignal, nested.signal]) : workSignal,
      });
      if (outcome.kind === "failed") at.onNestedFailure(outcome.step);
      return outcome;
    },
    loadOperation: (request) => loadOperation({ run, beside: frame.beside }, attempt, signal, request),
    ask: async (message, withdrawn = signal) => (world.ask ? world.ask(message, withdrawn) : null),
  };
}

function lastLook({ past }: Run, prefix: string): number {
  const keys = [...(past?.rows.keys() ?? [])].filter((key) => key.startsWith(prefix));
  return Math.max(0, ...keys.map((key) => Number.parseInt(key.slice(prefix.length), 10)));
}

const isOpenWithin = ({ past }: Run, prefix: string): boolean =>
  [...(past?.rows.values() ?? [])].some(({ key, status }) => status === "running" && key.startsWith(prefix));

/** A scope without a loop of its own sees the last one of the scope around it. */
function lastLoop(run: Run, scope: Scope | undefined): string | undefined {
  return scope && (run.lastLoop.get(scope) ?? lastLoop(run, scope.outer));
}

/** Its own locks, and its parents', count as held; the tokens are kept for `lock.<resource>.token`. */
function locksOf({ frame, attempt }: AttemptInFrame): StepContext["locks"] {
  const { run } = frame;
  const { locks, masker, clock, sharing } = run.world;
  return {
    ...locks,
    async acquire(request) {
      const { operator, label, reason } = request;
      const wakeAt = attempt.startedAt + request.waitSeconds * 1000;
      const mayStandBack = request.waitSeconds > 0 && !frame.beside && !run.beside;
      const acquiring = locks.acquire({
        ...request,
        waitSeconds: mayStandBack ? 0 : Math.min(request.waitSeconds, Math.max(0, (wakeAt - clock.now()) / 1000)),
        operation: run.id,
        within: run.lineage,
        // Whoever finds it locked reads these, on other machines too.
        operator: masker.mask(operator),
        ...(label !== undefined && { label: masker.mask(label) }),
        ...(reason !== undefined && { reason: masker.mask(reason) }),
      });
      const token = await acquiring.catch((thrown: unknown) => {
        const isHeld = thrown instanceof GarzaError && thrown.problem.kind === "lock-held";
        if (!isHeld || !mayStandBack || clock.now() >= wakeAt) throw thrown;
        throw new StandsBack({ reason: "lock", waitingFor: `lock:${resourceName(request.resource)}`, wakeAt });
      });
      run.tokens.set(request.resource, token);
      // Who had the lock before may have changed what it guards.
      await sharing.fresh();
      return token;
    },
  };
}

/** Its changes are known for its own, and counted once however often the step is run. */
function stateOf({ frame, attempt }: AttemptInFrame): StepContext["state"] {
  const { state } = frame.run.world;
  let changes = 0;
  const author = () => ({ operation: frame.run.id, token: `${attempt.token}-${changes++}` });
  return {
    ...state,
    update: (file, updates) => state.update(file, updates, author()),
    append: (file, entry, id) => state.append(file, entry, id, author()),
  };
}

export function planContext(world: ReadOnlyWorld, rendering: Rendering): PlanContext {
  const { inventory, connections, services, state, locks } = world;
  const decide: PlanContext["decide"] = (condition) => rendering.condition(condition);
  return { ...rendering, decide, inventory, connections, services, state, locks };
}
