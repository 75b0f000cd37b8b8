/** A place in a script that moves forward, and what was found on the way. */

import { isRaw } from "../references.ts";
import type { PlaceholderTraits, ShellFault } from "./check.ts";
import { hasOddBackslash, type ShellCode } from "./code.ts";
import type { Heredoc, List, Piece, Quoting, Slot } from "./syntax.ts";

const deepest = 200;

/** Ends the reading: behind this fault nothing can be told of the rest. */
export class ScriptEnds extends Error {}

export class Reader {
  readonly text: string;
  at = 0;
  /** Reading stops here; within a here-document at its end. */
  end: number;
  /** Here-documents announced on this line; their bodies begin on the next. */
  announced: Heredoc[] = [];
  /** How many `$( … )` are open. */
  depth = 0;
  readonly faults: ShellFault[] = [];
  /** By index; those in comments are not among them. */
  readonly slots = new Map<number, Slot>();
  /** Placeholders in comments, by index: no value is put there. */
  readonly comments = new Set<number>();
  /** Reads commands up to what can't continue them. */
  readonly list: (reader: Reader) => List;
  /** Where `((` was found to begin no arithmetic. */
  readonly groups = new Set<number>();
  #level = 0;
  readonly #code: ShellCode;
  readonly #traits: (source: string) => PlaceholderTraits;

  constructor(code: ShellCode, traits: (source: string) => PlaceholderTraits, list: (reader: Reader) => List) {
    this.text = code.text;
    this.end = code.text.length;
    this.list = list;
    this.#code = code;
    this.#traits = traits;
  }

  /** The character here, empty at the end. */
  get here(): string {
    return this.at < this.end ? (this.text[this.at] ?? "") : "";
  }

  next(ahead = 1): string {
    return this.at + ahead < this.end ? (this.text[this.at + ahead] ?? "") : "";
  }

  startsWith(text: string): boolean {
    return this.at + text.length <= this.end && this.text.startsWith(text, this.at);
  }

  /** Matches a sticky pattern here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    return found === undefined || this.at + found.length > this.end ? undefined : found;
  }

  get atPlaceholder(): boolean {
    return this.at < this.end && this.#code.placeholders.has(this.at);
  }

  /** Steps over a placeholder. */
  takePlaceholder(quoting: Quoting): Piece {
    const index = this.at++;
    const placeholder = this.#code.placeholders.get(index);
    if (!placeholder) throw new Error(`no placeholder at ${index}`);
    const name = `\${${placeholder.source}}`;
    if (hasOddBackslash(this.text, index)) {
      const hint = "Write two backslashes for one, or $${ for a ${ of the shell.";
      this.fault("E_BACKSLASH", `a backslash stands right before ${name}`, hint, index);
    }
    if (isRaw(placeholder.expression)) return { kind: "raw" };
    const slot = { index, placeholder, quoting, traits: this.#traits(placeholder.source) };
    this.slots.set(index, slot);
    return { kind: "slot", slot };
  }

  /** Reads what may hold itself again. */
  nested<Read>(read: () => Read): Read {
    if (this.#level === deepest) this.fail("E_UNBALANCED", `the command is nested more than ${deepest} deep`);
    this.#level++;
    const result = read();
    this.#level--;
    return result;
  }

  skipComment(): void {
    const length = this.match(/#[^\n]*/y)?.length ?? 0;
    for (const end = this.at + length; this.at < end; this.at++) if (this.atPlaceholder) this.comments.add(this.at);
  }

  fault(code: string, message: string, hint?: string, index = this.at): void {
    this.faults.push({
      code,
      severity: "error",
      message,
      ...(hint !== undefined && { hint }),
      offset: this.#code.offset(index),
    });
  }

  fail(code: string, message: string, hint?: string, index = this.at): never {
    this.fault(code, message, hint, index);
    throw new ScriptEnds(message);
  }
}
