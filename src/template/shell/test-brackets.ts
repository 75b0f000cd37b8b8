/** `[[ … ]]` of bash. A plain sh sees a command named `[[` and operators in it, so both readings must be safe. */
import { skipBlanks, skipLines } from "./blanks.ts";
import { addText, readWord } from "./quoted.ts";
import type { Reader } from "./reader.ts";
import type { Simple, Word } from "./syntax.ts";
import { directSlots, literal } from "./words.ts";

/** Stands behind `[[`. */
export function readTest(reader: Reader, opened: { at: number }): Simple {
  const words: Word[] = [{ start: opened.at, pieces: [{ kind: "text", text: "[[", quoted: false }] }];
  for (let beginsCommand = false; ; ) {
    skipBlanks(reader);
    if (reader.here === "\n") {
      skipLines(reader);
      beginsCommand = true;
      continue;
    }
    const operator = reader.match(/&&|\|\||[()|<>]/y);
    const word = operator === undefined ? readWord(reader) : takeOperator(reader, operator);
    if (word.pieces.length === 0) reader.fail("E_UNBALANCED", "this [[ has no ]]", undefined, opened.at);
    if (operator === undefined && literal(word) === "]]") break;
    if (beginsCommand && directSlots(word.pieces).length > 0) refuseFirst(reader, word);
    words.push(word);
    beginsCommand = operator !== undefined && /[&|(]/.test(operator);
  }
  return { kind: "simple", assignments: [], words, redirections: [] };
}

function takeOperator(reader: Reader, operator: string): Word {
  const word: Word = { start: reader.at, pieces: [] };
  addText(word.pieces, operator, false);
  reader.at += operator.length;
  return word;
}

function refuseFirst(reader: Reader, word: Word): void {
  const hint = "Write two tests: [ … ] && [ … ].";
  reader.fault(
    "E_COMMAND_POSITION",
    "sh takes what follows an operator inside [[ … ]] for a command",
    hint,
    word.start,
  );
}
