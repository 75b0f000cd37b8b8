/**
 * What the template reader needs to know of a step type. The types themselves live in `steps/`,
 * one floor up, and are handed to the reader as a table.
 */
import type { z } from "zod";
import type { Mapping, Value } from "../core/value.ts";
import type { Services } from "../hosts/services.ts";

/**
 * How a key's text is read, which decides what may stand in it and when it is filled in.
 *
 * - `text` (the default): `${…}` is filled in before the step runs, then the schema checks the value.
 * - `shell`: script text for `sh`; the step fills it in through `context.shell`.
 * - `git`: words as `sh` would split them, nothing expanded; through `context.words`.
 * - `condition`: an expression; through `context.condition`.
 * - `expression`: a mapping of name to expression or text (`set.values`); through `context.value`.
 * - `state-path`: `.a.*.b`, each `${…}` one plain key; through `context.statePath`.
 * - `state-updates`: a mapping of state path to value.
 * - `item-text`: text that is filled in later, once per element, by the step itself.
 */
export type KeyLanguage =
  | "text"
  | "shell"
  | "git"
  | "condition"
  | "expression"
  | "state-path"
  | "state-updates"
  | "item-text";

export type StepShape = {
  /** One line for the manual and the editor. */
  summary: string;
  /** Strict object of the type's own keys, in their resolved form. Nested lists are not part of it. */
  schema: z.ZodType;
  /** Keys that are not `text`. */
  languages?: Record<string, KeyLanguage>;
  /** Keys that hold steps: a list, or a mapping from branch name to list. */
  nested?: Record<string, "list" | "branches">;
  /** Nested keys that must be there. */
  nestedRequired?: readonly string[];
  /** Keys whose value must not come out empty: they say where or on what the step works. */
  places?: readonly string[];
  /** The hosts on which it runs something, as written; null is this machine. */
  worksOn?: (config: Mapping, services: Pick<Services, "entry">) => readonly (Value | null)[];
  /**
   * Whether the step, as written, can answer a question: with an `output` it is then a probe,
   * and none of its ways of not succeeding is a failure.
   */
  asks?: (config: Mapping) => boolean;
  /** Names that the step sets besides its `output` (`health_status`, the keys of `set.values`). */
  sets?: (config: Mapping) => readonly string[];
  /** Names that only its nested steps see (`as` of a foreach). */
  binds?: (config: Mapping) => readonly string[];
  /** The name under which its value is stored when `output` is not written (`get` of a lookup). */
  defaultOutput?: (config: Mapping) => string | undefined;
  /** Faults that a schema can't express; `key` is where the fault is shown. */
  faults?: (config: Mapping) => { key?: string; message: string; hint?: string }[];
};

export type StepShapes = Readonly<Record<string, StepShape>>;
