/** Commands with commands inside. */
import { expectWord, reservedWord, skipBlanks, skipLines, takeLineEnd } from "./blanks.ts";
import { readArithmetic } from "./dollar.ts";
import { readWord } from "./quoted.ts";
import type { Reader } from "./reader.ts";
import { readRedirection } from "./simple.ts";
import { type Command, type Compound, compound, type List, type Piece, type Word } from "./syntax.ts";
import { readTest } from "./test-brackets.ts";

/** Whether a `(` or a reserved word that opens something stands here. */
export function isCompoundStart(reader: Reader): boolean {
  return (
    reader.here === "(" || /^(?:if|for|select|while|until|case|\{|function|\[\[)$/.test(reservedWord(reader) ?? "")
  );
}

/** With the redirections behind it. Fails where no such command stands. */
export function readCompound(reader: Reader): Command {
  const command = readBare(reader);
  for (skipBlanks(reader); ; skipBlanks(reader)) {
    const redirection = readRedirection(reader);
    if (!redirection) return command;
    command.redirections.push(redirection);
  }
}

function readBare(reader: Reader): Command {
  const opened = { at: reader.at, by: reservedWord(reader) ?? reader.here };
  if (opened.by === "(") return readParentheses(reader, opened);
  if (!isCompoundStart(reader)) reader.fail("E_UNBALANCED", "a function has no body in { … }");
  reader.at += opened.by.length;
  switch (opened.by) {
    case "{":
      return closed(reader, [reader.list(reader)], "}", opened);
    case "if":
      return readIf(reader, opened);
    case "while":
    case "until": {
      const condition = reader.list(reader);
      return compound({ lists: [condition, readDo(reader, opened)] });
    }
    case "case":
      return readCase(reader, opened);
    case "function":
      return readNamedFunction(reader);
    case "[[":
      return readTest(reader, opened);
    default:
      return readFor(reader, opened);
  }
}

type Opened = { at: number; by: string };

function closed(reader: Reader, lists: List[], word: string, opened: Opened): Compound {
  expectWord(reader, word, opened);
  return compound({ lists });
}

function readParentheses(reader: Reader, opened: Opened): Command {
  if (reader.next() === "(" && !reader.groups.has(reader.at)) {
    const pieces = tryArithmetic(reader);
    if (pieces) return compound({ arithmetic: [{ kind: "arithmetic", index: opened.at, pieces }] });
  }
  reader.at++;
  return closed(reader, [reader.list(reader)], ")", opened);
}

/** `(( … ))` of bash; sh sees groups in it, so what is not arithmetic is read that way. */
function tryArithmetic(reader: Reader): Piece[] | undefined {
  const start = reader.at;
  const { faults } = reader;
  const known = { faults: faults.length, slots: new Set(reader.slots.keys()) };
  reader.at += 2;
  const pieces: Piece[] = [];
  if (readArithmetic(reader, pieces)) return pieces;
  reader.at = start;
  reader.groups.add(start);
  faults.length = known.faults;
  for (const index of reader.slots.keys()) if (!known.slots.has(index)) reader.slots.delete(index);
  return undefined;
}

function readIf(reader: Reader, opened: Opened): Compound {
  const lists = [reader.list(reader)];
  expectWord(reader, "then", opened);
  lists.push(reader.list(reader));
  while (reservedWord(reader) === "elif") {
    reader.at += 4;
    lists.push(reader.list(reader));
    expectWord(reader, "then", opened);
    lists.push(reader.list(reader));
  }
  if (reservedWord(reader) === "else") {
    reader.at += 4;
    lists.push(reader.list(reader));
  }
  return closed(reader, lists, "fi", opened);
}

function readDo(reader: Reader, opened: Opened): List {
  expectWord(reader, "do", opened);
  const list = reader.list(reader);
  expectWord(reader, "done", opened);
  return list;
}

function readFor(reader: Reader, opened: Opened): Compound {
  skipBlanks(reader);
  if (reader.startsWith("((")) {
    reader.at += 2;
    const pieces: Piece[] = [];
    if (!readArithmetic(reader, pieces)) reader.fail("E_UNBALANCED", "this (( has no ))", undefined, opened.at);
    skipBlanks(reader);
    if (reader.here === ";") reader.at++;
    skipLines(reader);
    return compound({
      arithmetic: [{ kind: "arithmetic", index: opened.at, pieces }],
      lists: [readDo(reader, opened)],
    });
  }
  const variable = readWord(reader);
  skipLines(reader);
  const elements = reader.match(/in(?![^\s;])/y) === undefined ? [] : readElements(reader);
  if (reader.here === ";") reader.at++;
  skipLines(reader);
  return compound({ variable, elements, lists: [readDo(reader, opened)] });
}

function readElements(reader: Reader): Word[] {
  reader.at += 2;
  const elements: Word[] = [];
  for (;;) {
    skipBlanks(reader);
    const word = readWord(reader);
    if (word.pieces.length === 0) break;
    elements.push(word);
  }
  if (reader.here === "\n") takeLineEnd(reader);
  return elements;
}

function readCase(reader: Reader, opened: Opened): Compound {
  if (reader.depth > 0) {
    const hint = "Put the case before it, or in a function.";
    reader.fail("E_CASE_IN_SUBST", "not all shells read a case inside $( … ) alike", hint, opened.at);
  }
  skipBlanks(reader);
  const subject = readWord(reader);
  skipLines(reader);
  if (reader.match(/in(?![^\s])/y) === undefined) reader.fail("E_UNBALANCED", "case needs an in", undefined, opened.at);
  reader.at += 2;
  const patterns: Word[] = [];
  const lists: List[] = [];
  for (skipLines(reader); reservedWord(reader) !== "esac"; skipLines(reader)) {
    readPatterns(reader, patterns, opened);
    lists.push(reader.list(reader));
    const end = reader.match(/;;&|;;|;&/y);
    if (end === undefined) break;
    reader.at += end.length;
  }
  expectWord(reader, "esac", opened);
  return compound({ subject, patterns, lists });
}

function readPatterns(reader: Reader, patterns: Word[], opened: Opened): void {
  if (reader.here === "(") reader.at++;
  for (;;) {
    skipBlanks(reader);
    const pattern = readWord(reader);
    if (pattern.pieces.length === 0)
      reader.fail("E_UNBALANCED", "this case has a place without pattern", undefined, opened.at);
    patterns.push(pattern);
    skipBlanks(reader);
    if (reader.here !== "|") break;
    reader.at++;
  }
  expectWord(reader, ")", opened);
}

/** `function name { … }` of bash. */
function readNamedFunction(reader: Reader): Compound {
  skipBlanks(reader);
  const functionName = readWord(reader);
  skipBlanks(reader);
  const brackets = reader.match(/\([ \t]*\)/y) ?? "";
  reader.at += brackets.length;
  skipLines(reader);
  return compound({ functionName, lists: [[[readCompound(reader)]]] });
}
