/**
 * For TypeScript users: what the command line does, as functions.
 *
 * Every function takes the root (a folder with `operations/`) and the environment in which to look for
 * programs, secrets and the data folder; nothing is read from the process behind your back.
 */
import { openForeground } from "./agent/foreground.ts";
import { planOperation } from "./agent/plan.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import type { Places } from "./core/config.ts";
import type { Listener } from "./core/events.ts";
import { findPlaces } from "./core/places.ts";
import type { Fault } from "./core/problems.ts";
import type { Value } from "./core/value.ts";
import type { Outcome } from "./engine/execute.ts";
import type { Plan } from "./engine/plan/plan.ts";
import { validateWith } from "./engine/submit.ts";
import { stepTypes } from "./steps/index.ts";
import { builtIn } from "./template/built-in.ts";
import { openLibrary } from "./template/library.ts";
import type { Template } from "./template/template.ts";

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
  const { askedBy = "api", onEvent, signal = new AbortController().signal } = settings;
  const foreground = await openForeground({
    ...surrounding(settings),
    askedBy,
    ask: null,
    onWait: () => {},
    onListenerError: () => {},
    warn: () => {},
    signal,
  });
  try {
    if (onEvent) foreground.listen(onEvent);
    const { id } = await foreground.submit(name, { parameters: given(parameters), priority: 5 });
    return await foreground.run(id, signal);
  } finally {
    await foreground.close();
  }
}

function surrounding({ root, env, clock = systemClock }: Settings) {
  const places: Places = findPlaces({ root, env, cwd: root, platform: process.platform });
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { places, env: Object.fromEntries(defined), clock, builtIn };
}

const given = (parameters: Parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, json]) => [name, { json }]));
