/** What can be asked of the owner of the data folder without changing anything. Everything that is answered is masked. */
import type { Stream } from "../core/output.ts";
import type { Fault } from "../core/problems.ts";
import type { Mapping, Value } from "../core/value.ts";
import type { Host } from "../hosts/inventory.ts";
import type { LockHolder } from "../locks/locks.ts";

export type Questions = {
  /** Every attempt of its steps, in the order they started. Throws `operation-unknown`. */
  steps(id: string): Promise<Mapping[]>;
  /** A stretch of what a step printed. Throws `operation-unknown`, `usage` for a step that it did not run. */
  output(id: string, wanted: OutputWanted): Promise<OutputStretch>;
  /** By name, those built in as well. */
  templates(): Promise<TemplateEntry[]>;
  /** Throws `template-unknown`, `template-invalid` with every fault, `path-refused`. */
  template(name: string): Promise<TemplateAnswer>;
  /** Checks a text as if it were the template `name`. */
  validate(text: string, name: string): Promise<Validation>;
  /** Those that are held. */
  locks(): Promise<LockHolder[]>;
  /** Null: nobody has it. */
  lock(resource: string): Promise<LockHolder | null>;
  /** Every place that the path names (`.` is the whole file; an absent file is an empty mapping). Throws `usage`, `path-refused`, `data-damaged`. */
  state(file: string, path: string): Promise<{ path: string; value: Value }[]>;
  /** Throws `configuration`. */
  hosts(): Promise<Host[]>;
  /** Throws `configuration`. */
  services(): Promise<{ services: Mapping[]; groups: { name: string; services: string[] }[] }>;
  condition(): Promise<Condition>;
};

export type OutputWanted = {
  /** A step's name or key. */
  step: string;
  /** Default: the last one. */
  attempt?: number;
  stream: Stream;
  /** A byte. */
  from: number;
};

/** `position`: the byte behind it, from where to go on. `isOver`: nothing more will come. */
export type OutputStretch = { text: string; position: number; isOver: boolean };

export type TemplateEntry = {
  name: string;
  file: string;
  built_in: boolean;
  valid: boolean;
  /** Null for one that is not valid. */
  type: string | null;
  summary: string | null;
};

export type TemplateAnswer = {
  name: string;
  file: string;
  operation: Mapping;
  parameters: Mapping[];
  prerequisites: string[];
  steps: StepOutline[];
  rollback: StepOutline[];
  warnings: Fault[];
};

export type StepOutline = { id: string; name: string; type: string };

/** `faults` holds warnings, too; these alone leave it valid. */
export type Validation = { valid: boolean; faults: Fault[] };

/** How the agent is. */
export type Condition = {
  /** Operations that run now. */
  running: number;
  /** The disk is full: nothing is begun or accepted. */
  storage_full: boolean;
  /** The whole queue is paused. */
  paused: boolean;
};
