/** Quotes, words and what a `$` begins. */
import { readDollar } from "./dollar.ts";
import type { Reader } from "./reader.ts";
import type { Piece, Word } from "./syntax.ts";

const endsWord = /[ \t\n;&|<>()]/;

/** One word; it has no pieces when none begins here. */
export function readWord(reader: Reader): Word {
  const word: Word = { start: reader.at, pieces: [] };
  while (reader.here !== "") {
    if (reader.here === "(" && isArrayStart(word)) word.pieces.push(readArray(reader));
    else if (endsWord.test(reader.here)) break;
    else readUnquoted(reader, word.pieces);
  }
  if (reader.announced.length > 0 && reader.text.slice(word.start, reader.at).includes("\n")) {
    refuseSplitHeredoc(reader, word.start);
  }
  return word;
}

export function refuseSplitHeredoc(reader: Reader, index: number): never {
  const hint = "Let the here-document begin on a line that ends with that command.";
  return reader.fail("E_HEREDOC_SYNTAX", "a here-document begins on a line that ends inside a word", hint, index);
}

function readUnquoted(reader: Reader, pieces: Piece[]): void {
  const { here } = reader;
  if (reader.atPlaceholder) pieces.push(reader.takePlaceholder("none"));
  else if (here === "'") readSingle(reader, pieces);
  else if (here === '"') readDouble(reader, pieces);
  else if (here === "\\") readEscape(reader, pieces);
  else if (here === "`") refuseBacktick(reader);
  else if (here === "$") readDollar(reader, pieces, "none");
  else addText(pieces, take(reader), false);
}

export function readSingle(reader: Reader, pieces: Piece[]): void {
  const start = reader.at++;
  addText(pieces, "", true);
  while (reader.here !== "'") {
    if (reader.here === "") failQuote(reader, start);
    if (reader.atPlaceholder) pieces.push(reader.takePlaceholder("single"));
    else addText(pieces, take(reader), true);
  }
  reader.at++;
}

export function readDouble(reader: Reader, pieces: Piece[]): void {
  const start = reader.at++;
  addText(pieces, "", true);
  while (reader.here !== '"') {
    if (reader.here === "") failQuote(reader, start);
    readInDouble(reader, pieces);
  }
  reader.at++;
}

function readInDouble(reader: Reader, pieces: Piece[]): void {
  if (reader.atPlaceholder) pieces.push(reader.takePlaceholder("double"));
  else if (reader.here === "`") refuseBacktick(reader);
  else if (reader.here === "$") readDollar(reader, pieces, "double");
  else if (reader.here === "\\" && /["$`\\\n]/.test(reader.next())) readEscape(reader, pieces);
  else addText(pieces, take(reader), true);
}

/** A backslash and what it escapes; a line that goes on leaves nothing. */
export function readEscape(reader: Reader, pieces: Piece[]): void {
  const escaped = reader.next();
  if (escaped === "") {
    reader.fail("E_TRAILING_BACKSLASH", "the command ends in a backslash", "Remove it, or write two.");
  }
  if (escaped === "`") refuseBacktick(reader);
  if (escaped === "\n") checkContinuation(reader);
  reader.at++;
  if (reader.atPlaceholder) return;
  reader.at++;
  if (escaped !== "\n") addText(pieces, escaped, true);
}

/** Shells do not agree on operators that are split over two lines. */
export function checkContinuation(reader: Reader): void {
  const before = reader.text[reader.at - 1] ?? "";
  const after = /^(?:\\\n)*(.?)/s.exec(reader.text.slice(reader.at))?.[1] ?? "";
  if (before !== "$" && !(/[<>&|;(]/.test(before) && /[<>&|;(-]/.test(after))) return;
  reader.fail("E_BACKSLASH", "a line is broken in the middle of an operator", "Break the line at a blank.");
}

export function refuseBacktick(reader: Reader): never {
  return reader.fail("E_BACKTICK", "a backtick: shells read the text between backticks differently", "Write $( … ).");
}

function failQuote(reader: Reader, start: number): never {
  return reader.fail("E_UNTERMINATED_QUOTE", `the ${reader.text[start]} is never closed`, undefined, start);
}

function isArrayStart({ pieces: [only, second] }: Word): boolean {
  return only?.kind === "text" && !only.quoted && !second && /^[A-Za-z_]\w*\+?=$/.test(only.text);
}

function readArray(reader: Reader): Piece {
  const start = reader.at++;
  const words: Word[] = [];
  for (;;) {
    while (/[ \t\n]/.test(reader.here)) reader.at++;
    if (reader.here === ")") break;
    const word = readWord(reader);
    if (word.pieces.length === 0) reader.fail("E_UNBALANCED", "the ( of this list is never closed", undefined, start);
    words.push(word);
  }
  reader.at++;
  return { kind: "array", words };
}

export function take(reader: Reader): string {
  return reader.text[reader.at++] ?? "";
}

/** Joined with the piece before it where both are quoted alike. */
export function addText(pieces: Piece[], text: string, quoted: boolean): void {
  const last = pieces.at(-1);
  if (last?.kind === "text" && last.quoted === quoted) last.text += text;
  else pieces.push({ kind: "text", text, quoted });
}
