import { LineCounter } from "yaml";
import { didYouMean } from "../core/nearest.ts";
import type { Fault, Place } from "../core/problems.ts";

/** A file with more of either kind is broken as a whole, and nobody reads on. */
const mostFaults = 1000;
/** Looking for the nearest word is slow where there are thousands of words and of slips. */
const mostSuggestions = 100;
const longestExcerpt = 2000;

/** Collects the faults of one text. Places are given as offsets into it. */
export class Report {
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #found = { error: new Map<string, Fault>(), warning: new Map<string, Fault>() };
  #suggestions = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#lines.addNewLine(0);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines.addNewLine(at + 1);
  }

  error(at: number, code: string, message: string, hint?: string): void {
    this.#add("error", at, code, message, hint);
  }

  warn(at: number, code: string, message: string, hint?: string): void {
    this.#add("warning", at, code, message, hint);
  }

  /** ` Did you mean x?`, with a leading blank, or nothing. */
  suggest(word: string, known: Iterable<string>): string {
    this.#suggestions += 1;
    return this.#suggestions > mostSuggestions ? "" : didYouMean(word, known);
  }

  /** Line and column of an offset, with the line itself. */
  place(at: number): Place {
    const { line, col } = this.#lines.linePos(Math.min(Math.max(at, 0), this.#text.length));
    const start = this.#lines.lineStarts[line - 1] ?? 0;
    const end = this.#text.indexOf("\n", start);
    const excerpt = this.#text.slice(start, end < 0 ? undefined : end);
    return { file: this.#file, line, column: col, ...(excerpt.length > longestExcerpt ? {} : { excerpt }) };
  }

  /** Everything found so far, in the order of the text. */
  faults(): Fault[] {
    const { error, warning } = this.#found;
    return [...error.values(), ...warning.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  /** A place that is read twice (an alias, a second look) tells its fault once. */
  #add(severity: Fault["severity"], at: number, code: string, message: string, hint: string | undefined): void {
    const faults = this.#found[severity];
    if (faults.size >= mostFaults) return;
    const place = this.place(at);
    const key = `${place.line}:${place.column}:${code}:${message}`;
    if (faults.has(key)) return;
    faults.set(key, { ...place, severity, code, message, ...(hint === undefined ? {} : { hint }) });
  }
}
