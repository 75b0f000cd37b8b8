/**
 * The phases of a template have types: text, then a document with positions, then this: every key
 * known, every nested step bound to its place. Values still hold their `${…}`; the scope of a
 * running operation fills them in (interpolate.ts).
 */

import type { Place } from "../core/problems.ts";
import type { Mapping, Value } from "../core/value.ts";

export type ParameterType = "string" | "number" | "boolean" | "list" | "secret";

export type Parameter = {
  name: string;
  type: ParameterType;
  /** Nothing fixes the type: text on the command line, anything as JSON. */
  untyped?: true;
  description?: string;
  /** True: must always be given. False: may be left out (it is empty then, or `default`). */
  required: boolean;
  /** Present only where the template gives one. */
  default?: Value;
  enum?: Value[];
  pattern?: string;
  min?: number;
  max?: number;
  example?: Value;
  /** The value may begin with `-` at the start of a word of a command. */
  allowDash: boolean;
};

export type Prerequisite = {
  /** What is checked, in the author's words. */
  check: string;
  command?: string;
  host?: string;
  expected?: string;
  expectedContains?: string;
  /** Text where it holds a `${…}`. */
  expectedExit: number | string;
  /** Seconds. */
  timeout: number | string;
  hint?: string;
  /** A resource that nobody else may hold. */
  unlocked?: string;
  place: Place;
};

/** Keys that every step has, as written (they may hold `${…}`). */
export type StepOptions = {
  description?: string;
  when?: string | boolean;
  timeout?: number | string;
  /** Further attempts after the first. */
  retries?: number | string;
  retry_delay?: number | string;
  retry_backoff?: number | string;
  /** A condition or a command that tells whether the effect is there already. */
  check?: string;
  kill_grace?: number | string;
  continue_on_failure?: boolean | string;
  optional?: boolean | string;
  output?: string;
  idempotent?: boolean | string;
  sensitive?: boolean | string;
};

export type Step = {
  type: string;
  /** What people see, and `steps.<name>`: unique within its section. */
  name: string;
  /**
   * The step's place in the template: stable across runs, unique. `steps/backup`, `steps/each/steps/check`,
   * `rollback/stop`, `steps/backup/undo/remove`, `notifications/on_failure/1`.
   */
  id: string;
  options: StepOptions;
  /** The keys of its type, as written; nested steps are not in here but in `nested`. */
  config: Mapping;
  /** Nested lists by key: `steps`, `else`, or the branch names of `parallel`. */
  nested: Record<string, Step[]>;
  undo: Step[];
  /** Parameters without a default whose value the step uses by itself: where one is not given, the step can't run. */
  needs?: readonly string[];
  /** Names that the step by itself sets. */
  sets?: readonly string[];
  place: Place;
};

export type NotificationMoment = "on_start" | "on_success" | "on_failure" | "on_complete" | "on_critical_failure";

export type OperationHead = {
  name: string;
  type: "deploy" | "maintain" | "recovery";
  description: string;
  platform?: string;
  target?: string;
  timeout?: number | string;
  concurrency_group?: string;
  /** `low` or `high`; it may hold a `${…}`. */
  danger?: string;
  /** `host`; it may hold a `${…}`. */
  exclusive?: string;
};

export type Trigger = { kind: string; fields: Mapping; when?: string; place: Place };

export type Template = {
  /** `deploy/mcp-server`: how it is called on the command line. A submitted file has its path. */
  name: string;
  /** Where it was read: a path, or `built-in:deploy/mcp-server.yml`. */
  file: string;
  /** The normalised text (line ends `\n`, no byte order mark): what the journal keeps. */
  text: string;
  operation: OperationHead;
  parameters: Parameter[];
  prerequisites: Prerequisite[];
  steps: Step[];
  /** `enabled` may hold a `${…}`. */
  rollback: { enabled: boolean | string; steps: Step[] };
  notifications: Record<NotificationMoment, Step[]>;
  triggers: Trigger[];
  results?: { report_format: string; save_to?: string };
  recoveryStats?: { success_rate_target?: number; max_recovery_time?: number | string; escalation_threshold?: number };
};

/** Every step of a list and below it, in reading order, `undo` included. */
export function* walkSteps(steps: Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    for (const list of Object.values(step.nested)) yield* walkSteps(list);
    yield* walkSteps(step.undo);
  }
}
