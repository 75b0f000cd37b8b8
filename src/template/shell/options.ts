/** Which words of a command are options, their arguments, and operands. */
import type { Word } from "./syntax.ts";
import { leading, literal } from "./words.ts";

export type OptionSpec = {
  /** Letters of the short options that take an argument. */
  short?: string;
  /** Letters whose argument, if any, is the rest of their word. */
  attached?: string;
  /** Names, with their dashes, of the long options whose argument is the next word. */
  long?: readonly string[];
};

export type Option = {
  /** `-c`, `--eval`; undefined where a placeholder is part of the name. */
  name: string | undefined;
  /** The word that holds its argument, attached or following. */
  argument?: Word;
};

export type Arguments = { options: Option[]; operands: Word[] };

/** Options up to the first operand or `--`; what follows are operands. */
export function readArguments(words: readonly Word[], spec: OptionSpec, from = 0): Arguments {
  const options: Option[] = [];
  let at = from;
  for (let word = words[at]; word && isOption(word); word = words[at]) {
    at++;
    if (literal(word) === "--") break;
    const { found, takesNext } = readOption(word, spec);
    const following = takesNext ? words[at] : undefined;
    if (following) at++;
    options.push(...(following ? withArgument(found, following) : found));
  }
  return { options, operands: words.slice(at) };
}

/** Options wherever they stand, as GNU programs take them. */
export function permuteArguments(words: readonly Word[], spec: OptionSpec): Arguments {
  const options: Option[] = [];
  const operands: Word[] = [];
  for (let at = 0; at < words.length; ) {
    const read = readArguments(words, spec, at);
    options.push(...read.options);
    const behind = words.length - read.operands.length;
    if (behind > at && literal(words[behind - 1]) === "--")
      return { options, operands: [...operands, ...read.operands] };
    operands.push(...read.operands.slice(0, 1));
    at = behind + 1;
  }
  return { options, operands };
}

/** A word that begins with a value is none: such a value is refused unless its parameter allows it. */
function isOption(word: Word): boolean {
  const [first] = word.pieces;
  if (first?.kind === "slot") return first.slot.traits.allowDash && first.slot.value?.text.startsWith("-") !== false;
  return leading(word).length > 1 ? leading(word).startsWith("-") : leading(word) === "-" && word.pieces.length > 1;
}

const withArgument = (options: Option[], argument: Word): Option[] => [
  ...options.slice(0, -1),
  ...options.slice(-1).map((option) => ({ ...option, argument })),
];

function readOption(
  word: Word,
  { short = "", attached = "", long = [] }: OptionSpec,
): { found: Option[]; takesNext: boolean } {
  const text = leading(word);
  const whole = literal(word) !== undefined;
  if (text.startsWith("--")) {
    const [name = "", value] = text.split("=", 2);
    const named = whole || value !== undefined;
    const option = { name: named ? name : undefined, ...((value !== undefined || !whole) && { argument: word }) };
    return { found: [option], takesNext: whole && long.includes(text) };
  }
  const found: Option[] = [];
  for (const [i, letter] of [...text.slice(1)].entries()) {
    const last = i === text.length - 2;
    if (!short.includes(letter) && (!attached.includes(letter) || (last && whole))) found.push({ name: `-${letter}` });
    else if (last && whole) return { found: [...found, { name: `-${letter}` }], takesNext: true };
    else return { found: [...found, { name: `-${letter}`, argument: word }], takesNext: false };
  }
  if (!whole) found.push({ name: undefined, argument: word });
  return { found, takesNext: false };
}
