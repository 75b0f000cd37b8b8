/** Here-documents: the delimiter on the command's line, the body behind that line. */
import { hasOddBackslash, placeholderMark } from "./code.ts";
import { readDollar } from "./dollar.ts";
import { addText, readEscape, refuseBacktick, take } from "./quoted.ts";
import type { Reader } from "./reader.ts";
import type { Heredoc } from "./syntax.ts";

const delimiters = [
  { quoted: false, pattern: /([\w.!%+,:@-]+)(?![^\s;&|<>()])/y },
  { quoted: true, pattern: /\\([\w.!%+,:@-]+)(?![^\s;&|<>()])/y },
  { quoted: true, pattern: /'([^'\n\0]+)'(?![^\s;&|<>()])/y },
  { quoted: true, pattern: /"([^"`$\\\n\0]+)"(?![^\s;&|<>()])/y },
];

/** Stands behind `<<` or `<<-`. */
export function announceHeredoc(reader: Reader, stripTabs: boolean): Heredoc {
  while (/[ \t]/.test(reader.here)) reader.at++;
  for (const { quoted, pattern } of delimiters) {
    const found = reader.match(pattern);
    if (found === undefined) continue;
    reader.at += found.length;
    const delimiter = found.replace(/^["'\\]|["']$/g, "");
    const heredoc = { delimiter, quoted, stripTabs, start: 0, end: 0, pieces: [] };
    reader.announced.push(heredoc);
    return heredoc;
  }
  const hint = "End it with a plain word: <<EOF. For one line write printf '%s\\n' … | command.";
  return reader.fail("E_HEREDOC_SYNTAX", "not all shells read this here-document alike", hint);
}

/** Stands at the beginning of the line behind the one that announced them. */
export function readHeredocs(reader: Reader): void {
  const { announced } = reader;
  reader.announced = [];
  for (const heredoc of announced) {
    heredoc.start = reader.at;
    const next = findEnd(reader, heredoc);
    readBody(reader, heredoc);
    reader.at = next;
  }
}

/** Sets where the body ends; the answer is where the script goes on. */
function findEnd(reader: Reader, heredoc: Heredoc): number {
  const { delimiter, quoted, stripTabs } = heredoc;
  let joined = "";
  for (let at = reader.at; at < reader.end; ) {
    const newline = reader.text.indexOf("\n", at);
    const lineEnd = newline < 0 || newline > reader.end ? reader.end : newline;
    const line = reader.text.slice(at, lineEnd);
    const isDelimiter = (text: string) => (stripTabs ? text.replace(/^\t+/, "") : text) === delimiter;
    if (joined !== "" && (isDelimiter(line) || isDelimiter(joined + line))) refuseJoinedDelimiter(reader, at);
    if (isDelimiter(line)) {
      heredoc.end = at;
      return Math.min(lineEnd, reader.end);
    }
    joined = !quoted && hasOddBackslash(reader.text, lineEnd) ? joined + line.slice(0, -1) : "";
    at = lineEnd + 1;
  }
  return reader.fail("E_UNTERMINATED_HEREDOC", `no line of its own says ${delimiter}`, undefined, heredoc.start - 1);
}

function refuseJoinedDelimiter(reader: Reader, index: number): never {
  const hint = "Remove the backslash at the end of the line before it.";
  return reader.fail(
    "E_HEREDOC_SYNTAX",
    "the line that ends the here-document is joined to the one before",
    hint,
    index,
  );
}

function readBody(reader: Reader, heredoc: Heredoc): void {
  const { end } = reader;
  reader.end = heredoc.end;
  if (heredoc.quoted) refuseInQuoted(reader, heredoc);
  else while (reader.here !== "") readInHeredoc(reader, heredoc);
  reader.end = end;
}

function readInHeredoc(reader: Reader, { pieces }: Heredoc): void {
  if (reader.atPlaceholder) pieces.push(reader.takePlaceholder("heredoc"));
  else if (reader.here === "`") refuseBacktick(reader);
  else if (reader.here === "$") readDollar(reader, pieces, "heredoc");
  else if (reader.here === "\\" && /[$`\\\n]/.test(reader.next())) readEscape(reader, pieces);
  else addText(pieces, take(reader), true);
}

function refuseInQuoted(reader: Reader, { delimiter, pieces }: Heredoc): void {
  for (; reader.here !== ""; reader.at++) {
    if (reader.here === "`") refuseBacktick(reader);
    if (reader.here !== placeholderMark || !reader.atPlaceholder) continue;
    const hint = `Write <<${delimiter} without quotes, and \\$ for each dollar sign that is meant as such.`;
    reader.fault("E_QUOTED_HEREDOC", "nothing is replaced in a here-document whose delimiter is quoted", hint);
    pieces.push(reader.takePlaceholder("heredoc"));
    reader.at--;
  }
}
