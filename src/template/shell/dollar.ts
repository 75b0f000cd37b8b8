/** What a `$` begins: a variable, a substitution, arithmetic. */
import { addText, readDouble, readEscape, readSingle, refuseBacktick, refuseSplitHeredoc, take } from "./quoted.ts";
import type { Reader } from "./reader.ts";
import type { Piece } from "./syntax.ts";

type Surroundings = "none" | "double" | "heredoc";

/** Stands on the `$`. */
export function readDollar(reader: Reader, pieces: Piece[], around: Surroundings): void {
  const next = reader.next();
  const special = /[0-9@*#?$!-]/.test(next);
  if (next === "(") pieces.push(reader.nested(() => readParenthesis(reader, around)));
  else if (next === "{") pieces.push(reader.nested(() => readParameter(reader, around)));
  else if (special || /[A-Za-z_]/.test(next)) pieces.push(readName(reader, around));
  else if (around === "none" && (next === "'" || next === '"')) {
    const hint = "Quote without the $; write a line break as it is, or let printf make it.";
    reader.fail("E_ANSI_C", `$${next} is not the same in all shells`, hint);
  } else if (next === "[") {
    reader.fail("E_ARITH", "$[ is not the same in all shells", "Write $(( … )).");
  } else if (next === "\\" && reader.next(2) === "\n") {
    reader.fail("E_BACKSLASH", "a line is broken right behind a $", "Break the line at a blank.");
  } else {
    const dollar = reader.at++;
    if (reader.atPlaceholder) refuseGluedDollar(reader, dollar);
    addText(pieces, "$", around !== "none");
  }
}

export function refuseGluedDollar(reader: Reader, index: number): void {
  const hint =
    "For a dollar sign and a value write '$'${x}; for a ${ of the shell write $${ without a \\ or $ before it.";
  reader.fault("E_DOLLAR", "a $ is glued to a ${", hint, index);
}

function readName(reader: Reader, around: Surroundings): Piece {
  const index = reader.at++;
  const name = reader.match(/[A-Za-z_]\w*|./y) ?? "";
  reader.at += name.length;
  return { kind: "variable", name, index, pieces: [], quoted: around !== "none" };
}

/** `${ … }` of the shell. */
function readParameter(reader: Reader, around: Surroundings): Piece {
  const index = reader.at;
  reader.at += 2;
  const name = reader.match(/[!#]?(?:[A-Za-z_]\w*|\d+|[@*?$!-])/y) ?? reader.match(/#/y) ?? "";
  reader.at += name.length;
  const pieces: Piece[] = [];
  const known = reader.slots.size;
  while (reader.here !== "}") {
    if (reader.here === "") reader.fail("E_UNBALANCED", "this ${ is never closed", undefined, index);
    readInParameter(reader, pieces, around);
  }
  reader.at++;
  if (reader.slots.size > known) {
    const hint = "Give it a name of its own first: v=${x}, then use $${v}.";
    reader.fault("E_IN_PARAM_EXPANSION", "a value stands inside a ${ … } of the shell", hint, index);
  }
  return { kind: "variable", name: name.replace(/^[!#](?=.)/, ""), index, pieces, quoted: around !== "none" };
}

function readInParameter(reader: Reader, pieces: Piece[], around: Surroundings): void {
  if (reader.atPlaceholder) pieces.push(reader.takePlaceholder(around));
  else if (reader.here === "'") readSingleInParameter(reader, pieces, around);
  else if (reader.here === '"') readDouble(reader, pieces);
  else if (reader.here === "\\") readEscape(reader, pieces);
  else if (reader.here === "`") refuseBacktick(reader);
  else if (reader.here === "$") readDollar(reader, pieces, around);
  else addText(pieces, take(reader), around !== "none");
}

/** Within double quotes some shells take it for a quote and some for itself: only text that is both is read. */
function readSingleInParameter(reader: Reader, pieces: Piece[], around: Surroundings): void {
  if (around !== "none" && reader.match(/'[^'"`$\\{}\n]*'/y) === undefined) {
    const hint = "Give the text a name of its own first, then use that.";
    reader.fail("E_UNTERMINATED_QUOTE", "shells do not agree on this ' inside ${ … }", hint);
  }
  readSingle(reader, pieces);
}

function readParenthesis(reader: Reader, around: Surroundings): Piece {
  const start = reader.at;
  if (around === "heredoc" && reader.next(2) !== "(") {
    const hint = "Run it before: v=$( … ), then write $v in the here-document.";
    reader.fault("E_SUBST_IN_HEREDOC", "$( … ) stands in a here-document", hint);
    reader.at += 2;
    return { kind: "substitution", list: [] };
  }
  if (reader.next(2) !== "(") return readSubstitution(reader);
  reader.at += 3;
  const pieces: Piece[] = [];
  if (!readArithmetic(reader, pieces)) {
    const hint = "For commands in parentheses write $( ( with a blank.";
    reader.fail("E_UNBALANCED", "this $(( has no )) that belongs to it", hint, start);
  }
  return { kind: "arithmetic", index: start, pieces };
}

/** Behind `((`, up to and over the `))` that belongs to it. False: there is none. */
export function readArithmetic(reader: Reader, pieces: Piece[]): boolean {
  for (let open = 0; reader.here !== ""; ) {
    if (reader.atPlaceholder) pieces.push(reader.takePlaceholder("arithmetic"));
    else if (reader.here === "`") refuseBacktick(reader);
    else if (reader.here === "'") return false;
    else if (reader.here === "$") readDollar(reader, pieces, "double");
    else if (reader.here === "\\") readEscape(reader, pieces);
    else if (reader.here === ")" && open === 0) {
      reader.at += 2;
      return reader.text[reader.at - 1] === ")" && reader.at <= reader.end;
    } else {
      if (reader.here === "(") open++;
      if (reader.here === ")") open--;
      addText(pieces, take(reader), false);
    }
  }
  return false;
}

function readSubstitution(reader: Reader): Piece {
  const start = reader.at;
  const { announced } = reader;
  reader.announced = [];
  reader.at += 2;
  reader.depth++;
  const list = reader.list(reader);
  if (reader.here !== ")") reader.fail("E_UNBALANCED", "this $( is never closed", undefined, start);
  if (reader.announced.length > 0) {
    const hint = "Begin a new line behind the here-document, before the ).";
    reader.fail("E_HEREDOC_SYNTAX", "the $( … ) ends before its here-document begins", hint);
  }
  reader.at++;
  reader.depth--;
  reader.announced = announced;
  if (announced.length > 0 && reader.text.slice(start, reader.at).includes("\n")) refuseSplitHeredoc(reader, start);
  return { kind: "substitution", list };
}
