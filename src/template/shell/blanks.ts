/** What stands between the words of a script: blanks, comments, line ends, and the words that are grammar. */

import { readHeredocs } from "./heredoc.ts";
import { checkContinuation } from "./quoted.ts";
import type { Reader } from "./reader.ts";

/** Blanks, lines that go on, and a comment; placeholders in a comment are left alone. */
export function skipBlanks(reader: Reader): void {
  for (;;) {
    if (reader.here === " " || reader.here === "\t") reader.at++;
    else if (reader.startsWith("\\\n")) {
      checkContinuation(reader);
      reader.at += 2;
    } else break;
  }
  reader.skipComment();
}

/** Blanks and line ends, with the here-documents that begin behind them. */
export function skipLines(reader: Reader): void {
  for (skipBlanks(reader); reader.here === "\n"; skipBlanks(reader)) takeLineEnd(reader);
}

export function takeLineEnd(reader: Reader): void {
  reader.at++;
  readHeredocs(reader);
}

const reserved = new Set("if then elif else fi for select while until do done case esac { } ! function [[".split(" "));

/** The reserved word that stands here, where a command could begin. */
export function reservedWord(reader: Reader): string | undefined {
  const word = reader.match(/(?:[a-z]+|[{}!]|\[\[)(?![^\s;&|<>()])/y);
  return word !== undefined && reserved.has(word) ? word : undefined;
}

/** Steps over the reserved word or sign that must come now. */
export function expectWord(reader: Reader, word: string, opened: { at: number; by: string }): void {
  const there = /\w|[{}]/.test(word) ? reservedWord(reader) === word : reader.startsWith(word);
  if (!there) {
    const message = `${opened.by} needs ${/^[aeiou]/.test(word) ? "an" : "a"} ${word} that is not there`;
    reader.fail("E_UNBALANCED", message, undefined, opened.at);
  }
  reader.at += word.length;
}
