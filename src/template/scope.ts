/**
 * The names that `${…}` sees while an operation runs. Scopes nest: each item of a `foreach` and each
 * branch of a `parallel` has its own, sees the outer names, and keeps what it sets.
 */
import type { Mapping, Value } from "../core/value.ts";

/** What the outermost scope knows besides what the template sets. */
export type Surroundings = {
  /** `current_date`, `operation`, `host`, …; hidden by anything the template sets under that name. */
  builtIn: Mapping;
  env(name: string): string | undefined;
  /** Null when there is no such secret. */
  secret(name: string): string | undefined;
  /** The registry entry of a service, for `.field` on a loop variable that names one. */
  service(name: string): Mapping | undefined;
  /** Fencing token of a lock this operation holds. */
  lockToken(resource: string): Value | undefined;
  now(): number;
};

export class Scope {
  readonly surroundings: Surroundings;
  readonly outer: Scope | undefined;
  readonly #names = new Map<string, Value>();
  readonly #loopVariables = new Set<string>();
  readonly #steps = new Map<string, Mapping>();

  constructor(surroundings: Surroundings, outer?: Scope) {
    this.surroundings = surroundings;
    this.outer = outer;
  }

  /** A scope of its own for one item or one branch. */
  nest(): Scope {
    return new Scope(this.surroundings, this);
  }

  set(name: string, value: Value): void {
    this.#names.set(name, value);
    this.#loopVariables.delete(name);
  }

  setLoopVariable(name: string, value: Value): void {
    this.#names.set(name, value);
    this.#loopVariables.add(name);
  }

  /** The record behind `steps.<name>`. */
  setStep(name: string, record: Mapping): void {
    this.#steps.set(name, record);
  }

  step(name: string): Mapping | undefined {
    return this.#steps.get(name) ?? this.outer?.step(name);
  }

  /** Undefined: not set on the way taken. The innermost setting wins; built-ins come last. */
  get(name: string): Value | undefined {
    if (this.#names.has(name)) return this.#names.get(name);
    if (this.outer) return this.outer.get(name);
    return Object.hasOwn(this.surroundings.builtIn, name) ? this.surroundings.builtIn[name] : undefined;
  }

  has(name: string): boolean {
    return this.#names.has(name) || (this.outer?.has(name) ?? Object.hasOwn(this.surroundings.builtIn, name));
  }

  isLoopVariable(name: string): boolean {
    if (this.#names.has(name)) return this.#loopVariables.has(name);
    return this.outer?.isLoopVariable(name) ?? false;
  }

  /** What this scope itself set, for the per-item record of a loop. */
  own(): Mapping {
    return Object.fromEntries(this.#names);
  }
}
