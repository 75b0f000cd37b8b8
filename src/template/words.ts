/** A command for a program that runs without a shell: split into words first, then filled in, each value inside its word. */
import { problem } from "../core/problem.ts";
import { toText, type Value } from "../core/value.ts";
import { ExpressionError } from "./expression-error.ts";
import { placeholderValue } from "./interpolate.ts";
import type { Scope } from "./scope.ts";
import { splitWords, type Word } from "./split-words.ts";
import type { Placeholder } from "./text.ts";

/**
 * Throws `value-refused`, and `ExpressionError` for what `checkWords` finds. `allowDash` says of a
 * placeholder, by its source, whether its value may begin with `-` where it begins a word.
 */
export function renderWords(
  text: string,
  scope: Scope,
  onUnset: (source: string) => void,
  allowDash: (source: string) => boolean = () => false,
): string[] {
  const words: string[] = [];
  let guarded = false;
  for (const word of splitWords(text)) {
    const pieces = word.parts.map((part) => (typeof part === "string" ? part : insertion(part, scope, onUnset)));
    for (const each of spread(word, pieces)) words.push(fill(each, (source) => guarded || allowDash(source)));
    guarded ||= pieces.length === 1 && pieces[0] === "--";
  }
  return words;
}

/** What is wrong with the text of such a command, whatever the values; empty when nothing is. */
export function checkWords(text: string): ExpressionError[] {
  try {
    splitWords(text);
    return [];
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return [thrown];
    throw thrown;
  }
}

type Insertion = { placeholder: Placeholder; value: Value };
type Piece = string | Insertion;

/** Null says that there is nothing, just as a name that is not set: only the empty text is an empty word. */
function insertion(placeholder: Placeholder, scope: Scope, onUnset: (source: string) => void): Insertion {
  const value = placeholderValue(placeholder.expression, scope, onUnset);
  if (value === null) onUnset(placeholder.source);
  return { placeholder, value: value ?? null };
}

/** A list that stands alone and unquoted is a word for each of its elements. */
function spread({ quoted }: Word, pieces: Piece[]): Piece[][] {
  const [only] = pieces;
  if (quoted || pieces.length !== 1 || typeof only !== "object" || !Array.isArray(only.value)) return [pieces];
  return only.value.map((value) => [{ ...only, value }]);
}

function fill(pieces: Piece[], mayDash: (source: string) => boolean): string {
  let word = "";
  for (const piece of pieces) {
    if (typeof piece === "string") word += piece;
    else {
      const { value, placeholder } = piece;
      const text = checked(toText(value), placeholder);
      const begins = word === "" && text.startsWith("-") && typeof value !== "number";
      if (begins && !mayDash(placeholder.source)) throw leadingDash(placeholder);
      word += text;
    }
  }
  return word;
}

const longest = 64 * 1024;

function checked(text: string, { source }: Placeholder): string {
  if (text.includes("\0")) throw refused("E_NUL", source, "the value has a NUL character in it");
  if (!text.isWellFormed()) throw refused("E_UTF8", source, "the value is not well-formed Unicode");
  if (Buffer.byteLength(text) > longest) throw refused("E_TOO_LONG", source, "the value is longer than 64 KiB");
  return text;
}

const leadingDash = ({ source }: Placeholder) =>
  refused(
    "E_LEADING_DASH",
    source,
    "the value begins with - and would be read as an option",
    `Write -- \${${source}}, or give the parameter allow_dash: true.`,
  );

function refused(code: string, where: string, message: string, hint?: string) {
  return problem({ kind: "value-refused", code, where, message, ...(hint !== undefined && { hint }) });
}
