/** Files of variables, as systemd reads them (EnvironmentFile=), so that a file means the same whoever reads it. */
import { readRegular } from "./files.ts";
import { problem } from "./problem.ts";

export type EnvironmentFile = {
  variables: Record<string, string>;
  /** Lines that systemd leaves out with a word in its log, counted from 1. */
  ignored: { line: number; why: string }[];
};

/** Undefined: there is no such file. Throws `input-output`, `data-damaged` (not UTF-8). */
export function readEnvironmentFile(file: string): EnvironmentFile | undefined {
  const found = readRegular(file);
  return found && parseEnvironmentFile(found.text);
}

export function parseEnvironmentFile(text: string): EnvironmentFile {
  const variables: Record<string, string> = {};
  const ignored: EnvironmentFile["ignored"] = [];
  for (const { key, value, line } of assignments(text)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) variables[key] = value;
    else ignored.push({ line, why: `${JSON.stringify(key)} can't be a variable's name` });
  }
  return { variables, ignored };
}

/** One line, quoted where it must be. Throws `usage` for what no such file can hold. */
export function environmentLine(name: string, value: string): string {
  if (value.includes("\0")) throw problem({ kind: "usage", message: `the value of ${name} holds a NUL` });
  if (/^[\w@%+=:,./-]*$/.test(value)) return `${name}=${value}`;
  return `${name}="${value.replace(/["\\$`]/g, "\\$&")}"`;
}

type Assignment = { key: string; value: string; line: number };

/** Comments begin a line; quotes may go over several; a backslash joins lines, and outside of quotes keeps any character. */
function* assignments(text: string): Generator<Assignment> {
  let at = 0;
  const lineAt = (place: number) => text.slice(0, place).split("\n").length;
  while (at < text.length) {
    const start = at;
    const char = text[at] ?? "";
    if (/\s/.test(char)) at++;
    else if (char === "#" || char === ";") at = endOfComment(text, at);
    else {
      const head = /^[^=\n\r]*/.exec(text.slice(at))?.[0] ?? "";
      at += head.length;
      // A line without a sign is no assignment, and no error either.
      if (text[at] !== "=") continue;
      const [value, end] = readValue(text, at + 1);
      at = end;
      yield { key: head.trim(), value, line: lineAt(start) };
    }
  }
}

/** A comment goes on behind a backslash, too. */
function endOfComment(text: string, from: number): number {
  let at = from;
  while (at < text.length && !/[\n\r]/.test(text[at] ?? "")) at += text[at] === "\\" ? 2 : 1;
  return at;
}

function readValue(text: string, from: number): [value: string, end: number] {
  let at = from;
  let value = "";
  /** A quote in the middle of what is not quoted is a sign like any other. */
  let isBare = false;
  /** Blanks at the end are not part of it, unless they were quoted. */
  let kept = 0;
  while (at < text.length && !/[\n\r]/.test(text[at] ?? "")) {
    const char = text[at] ?? "";
    if (!isBare && /["']/.test(char)) {
      const [inner, end] = char === "'" ? singleQuoted(text, at + 1) : doubleQuoted(text, at + 1);
      value += inner;
      kept = value.length;
      at = end;
    } else if (char === "\\") {
      const next = text[at + 1] ?? "";
      value += next === "\n" ? "" : next;
      kept = value.length;
      isBare = true;
      at += 2;
    } else {
      const isBlank = /\s/.test(char);
      if (isBare || !isBlank) value += char;
      if (!isBlank) kept = value.length;
      isBare ||= !isBlank;
      at++;
    }
  }
  return [value.slice(0, kept), at];
}

function singleQuoted(text: string, from: number): [string, number] {
  const end = text.indexOf("'", from);
  return end < 0 ? [text.slice(from), text.length] : [text.slice(from, end), end + 1];
}

function doubleQuoted(text: string, from: number): [string, number] {
  let value = "";
  let at = from;
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] !== "\\") {
      value += text[at];
      continue;
    }
    const next = text[++at] ?? "";
    if (/["\\$`]/.test(next)) value += next;
    else if (next !== "\n") value += `\\${next}`;
  }
  return [value, at + 1];
}
