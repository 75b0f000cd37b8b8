/** Commands of words: assignments, the program, its arguments, redirections. */
import { skipBlanks, skipLines } from "./blanks.ts";
import { announceHeredoc } from "./heredoc.ts";
import { readWord } from "./quoted.ts";
import type { Reader } from "./reader.ts";
import { type Command, compound, type Redirection, type Simple, type Word } from "./syntax.ts";
import { assignment, directSlots } from "./words.ts";

/** Undefined when no command begins here. `body` reads that of a function. */
export function readSimple(reader: Reader, body: (reader: Reader) => Command): Command | undefined {
  const command: Simple = { kind: "simple", assignments: [], words: [], redirections: [] };
  const start = reader.at;
  for (;;) {
    skipBlanks(reader);
    const redirection = readRedirection(reader);
    if (redirection) {
      command.redirections.push(redirection);
      continue;
    }
    const word = readWord(reader);
    if (word.pieces.length === 0) break;
    if (command.words.length === 0 && assignment(word)) command.assignments.push(word);
    else command.words.push(word);
  }
  if (reader.here === "(" && command.words.length > 0) return readFunction(reader, command, body);
  return reader.at > start && hasParts(command) ? command : undefined;
}

const hasParts = ({ assignments, words, redirections }: Simple) =>
  assignments.length + words.length + redirections.length > 0;

function readFunction(reader: Reader, { words, assignments }: Simple, body: (reader: Reader) => Command): Command {
  const [functionName, ...others] = words;
  const brackets = reader.match(/\([ \t]*\)/y);
  if (!functionName || others.length > 0 || assignments.length > 0 || brackets === undefined) {
    reader.fail("E_UNBALANCED", "a ( stands where shells do not expect one", "Quote it if it is part of a word.");
  }
  reader.at += brackets.length;
  skipLines(reader);
  const inside = body(reader);
  return compound({ functionName, lists: [[[inside]]] });
}

const operators = /(?:\d+(?=[<>]))?(?:&>>|&>|<<<|<<-|<<|<&|<>|<|>>|>&|>\||>)/y;

/** One redirection, with its here-document announced. */
export function readRedirection(reader: Reader): Redirection | undefined {
  const index = reader.at;
  const found = reader.match(operators);
  if (found === undefined) return undefined;
  const operator = found.replace(/^\d+/, "");
  reader.at += found.length;
  if (/^[<>]$/.test(operator) && reader.here === "(") refuseSubstitution(reader, index);
  if (operator === "<<<") {
    const hint = "Write printf '%s\\n' … | command, or a here-document.";
    reader.fail("E_HEREDOC_SYNTAX", "<<< is not read by all shells", hint, index);
  }
  if (operator.startsWith("<<")) return { operator, index, heredoc: announceHeredoc(reader, operator === "<<-") };
  skipBlanks(reader);
  if (/[<>]/.test(reader.here) && reader.next() === "(") refuseSubstitution(reader, reader.at);
  const target = readWord(reader);
  if (target.pieces.length === 0) reader.fail("E_UNBALANCED", `${operator} has no target`, undefined, index);
  checkDescriptor(reader, operator, target, index);
  return { operator, index, target };
}

function refuseSubstitution(reader: Reader, index: number): never {
  const hint = "Write a pipe, or a file in between.";
  return reader.fail("E_PROCSUB", "<( … ) and >( … ) are not read by all shells", hint, index);
}

function checkDescriptor(reader: Reader, operator: string, target: Word, index: number): void {
  if (operator === "<&" || operator === ">&") {
    const plain = target.pieces.every((piece) => piece.kind === "text");
    const text = target.pieces.map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
    if (directSlots(target.pieces).length === 0 && (!plain || /^(?:\d+-?|-)$/.test(text))) return;
    const hint = "Write the number of the descriptor; to a file goes > FILE 2>&1.";
    reader.fault("E_FD", `the target of ${operator} is not a number`, hint, index);
  } else if (operator.startsWith("&>")) {
    skipBlanks(reader);
    if (reader.here === "" || /[\n;&|)]/.test(reader.here)) return;
    reader.fault("E_FD", "sh takes &> for an & and a >", "Write > FILE 2>&1.", index);
  }
}
