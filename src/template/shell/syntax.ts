/** A shell script as a tree, as far as it decides what becomes of a value. */
import type { Placeholder } from "../text.ts";
import type { PlaceholderTraits } from "./check.ts";

/** What surrounds a placeholder closest; it decides how the reference is written. */
export type Quoting = "none" | "double" | "single" | "heredoc" | "arithmetic";

export type Slot = {
  /** Of its mark in the code. */
  index: number;
  placeholder: Placeholder;
  quoting: Quoting;
  traits: PlaceholderTraits;
  /** Known when a command is rendered. */
  value?: { text: string; number: boolean };
};

export type Piece =
  /** `quoted`: no part of a reserved word, an assignment or an operator. */
  | { kind: "text"; text: string; quoted: boolean }
  | { kind: "slot"; slot: Slot }
  /** A `raw()` whose text is not known: any text the author answers for. */
  | { kind: "raw" }
  | Expansion
  | { kind: "array"; words: Word[] };

export type Expansion =
  /** `$v`, and `${v…}` with what stands behind the name. `known`: the one text that the script gives it. */
  | { kind: "variable"; name: string; index: number; pieces: Piece[]; quoted: boolean; known?: string }
  | { kind: "substitution"; list: List }
  | { kind: "arithmetic"; index: number; pieces: Piece[] };

export type Word = { start: number; pieces: Piece[] };

export type Heredoc = {
  delimiter: string;
  quoted: boolean;
  stripTabs: boolean;
  start: number;
  end: number;
  pieces: Piece[];
};

export type Redirection = { operator: string; index: number; target?: Word; heredoc?: Heredoc };

/** A command of words. Within `[[ … ]]` operators are words too. */
export type Simple = { kind: "simple"; assignments: Word[]; words: Word[]; redirections: Redirection[] };

/** Anything with commands inside: `if`, loops, `case`, groups, functions. */
export type Compound = {
  kind: "compound";
  lists: List[];
  /** The elements that a `for` goes through. */
  elements: Word[];
  /** The word of a `case`. */
  subject?: Word;
  functionName?: Word;
  /** The variable of a `for`. */
  variable?: Word;
  patterns: Word[];
  /** `(( … ))`, also that of a `for`. */
  arithmetic: Piece[];
  redirections: Redirection[];
};

export type Command = Simple | Compound;
export type Pipeline = Command[];
export type List = Pipeline[];

export const compound = (parts: Partial<Compound>): Compound => ({
  kind: "compound",
  lists: [],
  elements: [],
  patterns: [],
  arithmetic: [],
  redirections: [],
  ...parts,
});
