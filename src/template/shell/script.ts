/** Reads a script: lists of pipelines of commands. */

import { reservedWord, skipBlanks, skipLines, takeLineEnd } from "./blanks.ts";
import type { PlaceholderTraits, ShellFault } from "./check.ts";
import type { ShellCode } from "./code.ts";
import { isCompoundStart, readCompound } from "./compounds.ts";
import { refuseGluedDollar } from "./dollar.ts";
import { Reader, ScriptEnds } from "./reader.ts";
import { readSimple } from "./simple.ts";
import type { Command, List, Pipeline, Slot } from "./syntax.ts";

export type ShellScript = {
  list: List;
  /** By index of the mark in the code; those in comments are not among them. */
  slots: ReadonlyMap<number, Slot>;
  /** Indexes of those in comments. */
  comments: ReadonlySet<number>;
  faults: ShellFault[];
};

/** Reads as far as it can; with a fault that ends the reading the list is empty. */
export function readScript(code: ShellCode, traits: (source: string) => PlaceholderTraits): ShellScript {
  const reader = new Reader(code, traits, readList);
  const { faults, slots, comments } = reader;
  for (const index of code.glued) refuseGluedDollar(reader, index);
  try {
    return { list: readWhole(reader), slots, comments, faults };
  } catch (thrown) {
    if (!(thrown instanceof ScriptEnds)) throw thrown;
    return { list: [], slots, comments, faults };
  }
}

function readWhole(reader: Reader): List {
  const list = readList(reader);
  if (reader.here !== "") refuseToken(reader);
  const [unread] = reader.announced;
  if (unread) reader.fail("E_UNTERMINATED_HEREDOC", `no line of its own says ${unread.delimiter}`);
  return list;
}

/** Up to the end, a `)`, a `;;`, or a reserved word that begins no command. */
const readList = (reader: Reader): List => reader.nested(() => readCommands(reader));

function readCommands(reader: Reader): List {
  const list: List = [];
  for (skipLines(reader); !isListEnd(reader); skipLines(reader)) {
    list.push(readPipeline(reader));
    skipBlanks(reader);
    if (!readSeparator(reader)) break;
  }
  return list;
}

function isListEnd(reader: Reader): boolean {
  const word = reservedWord(reader);
  if (word !== undefined) return /^(?:then|elif|else|fi|do|done|esac|\})$/.test(word);
  return /^[);]?$/.test(reader.here);
}

/** False where the list ends. */
function readSeparator(reader: Reader): boolean {
  if (reader.startsWith("&&") || reader.startsWith("||")) {
    reader.at += 2;
    skipLines(reader);
    if (isListEnd(reader)) refuseToken(reader);
    return true;
  }
  if (reader.here === "\n") {
    takeLineEnd(reader);
    return true;
  }
  if (reader.startsWith(";;") || reader.startsWith(";&")) return false;
  if (reader.here !== ";" && reader.here !== "&") return false;
  reader.at++;
  return true;
}

function readPipeline(reader: Reader): Pipeline {
  const pipeline: Pipeline = [];
  for (;;) {
    while (reservedWord(reader) === "!") {
      reader.at++;
      skipBlanks(reader);
    }
    pipeline.push(readCommand(reader));
    skipBlanks(reader);
    if (reader.here !== "|" || reader.next() === "|") return pipeline;
    reader.at += reader.next() === "&" ? 2 : 1;
    skipLines(reader);
  }
}

function readCommand(reader: Reader): Command {
  if (isCompoundStart(reader)) return readCompound(reader);
  const command = readSimple(reader, readCompound);
  if (command) return command;
  return refuseToken(reader);
}

function refuseToken(reader: Reader): never {
  const token = reader.match(/[a-z]+|;;&?|&&|\|\||[^\s]/y);
  const message = token === undefined ? "the command ends too early" : `${token} stands where a command should begin`;
  return reader.fail("E_UNBALANCED", message);
}
