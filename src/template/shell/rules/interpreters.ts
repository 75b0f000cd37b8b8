/** Programs that run a text: which of their words are that text, and whether they read it from standard input. */
import { isGivenList } from "../known.ts";
import { type OptionSpec, permuteArguments, readArguments } from "../options.ts";
import type { Word } from "../syntax.ts";
import { leading, literal, programName } from "../words.ts";

export type ProgramText = {
  /** Words that are read as a program. */
  words: Word[];
  /** Standard input is read as a program. */
  stdin: boolean;
};

const nothing: ProgramText = { words: [], stdin: false };

/** What of the arguments of the program called `name` is run. */
export function programText(name: string, args: Word[]): ProgramText {
  const interpreter = interpreters.find(({ names }) => names.test(name));
  if (interpreter) return withGivenOptions(args, (words) => ofInterpreter(interpreter, words));
  if (isShell(name)) return withGivenOptions(args, ofShell);
  const read = Object.hasOwn(others, name) ? others[name] : undefined;
  return read ? read(args) : nothing;
}

/** `sh $OPTS -c …`, `sh "$@" …`: such a word may be no word, options, or a -c itself. */
function withGivenOptions(args: Word[], read: (args: Word[]) => ProgramText): ProgramText {
  const { words, stdin } = read(args);
  const others = args.filter((word) => !isGivenList(word)).map(withoutGivenStart);
  if (others.length === args.length && others.every((word) => args.includes(word))) return { words, stdin };
  const withoutThem = read(others);
  const texts = args.filter((word, i) => {
    const before = args[i - 1];
    return before && isGivenList(before) && args.slice(0, i - 1).every(isOptionText) && holdsBlanks(word);
  });
  return { words: [...words, ...withoutThem.words, ...texts], stdin: stdin || withoutThem.stdin };
}

/** `$v-c` is `-c` when the variable is empty. */
function withoutGivenStart(word: Word): Word {
  const start = word.pieces.findIndex(({ kind }) => kind !== "variable" && kind !== "substitution");
  const rest: Word = { ...word, pieces: word.pieces.slice(start) };
  return start > 0 && leading(rest).startsWith("-") ? rest : word;
}

const isOptionText = (word: Word) => leading(word).startsWith("-") || isGivenList(word);
const holdsBlanks = ({ pieces }: Word) => pieces.some((piece) => piece.kind === "text" && /\s/.test(piece.text));

export const isShell = (name: string) => /^(?:(?:ba|da|a|z|mk|pdk|lk|rba|ya|fi|c|tc|po|k)?sh|ksh93|hush)$/.test(name);

/** Runs program text given with an option, like `python -c`. */
export const isInterpreter = (name: string) => isShell(name) || interpreters.some(({ names }) => names.test(name));

function ofShell(args: Word[]): ProgramText {
  const { options, operands } = readArguments(args.map(plusAsMinus), {
    short: "oO",
    long: ["--rcfile", "--init-file"],
  });
  const unknown = options.flatMap(({ name, argument }) => (name === undefined && argument ? [argument] : []));
  const names = new Set(options.map(({ name }) => name));
  // An option that is a value may be -c.
  if (names.has("-c") || unknown.length > 0) return { words: [...unknown, ...operands.slice(0, 1)], stdin: false };
  const stdin = names.has("-s") || isStdin(operands[0]);
  return { words: [], stdin };
}

const plusAsMinus = (word: Word): Word => {
  const [first, ...others] = word.pieces;
  if (first?.kind !== "text" || !/^\+\w/.test(first.text)) return word;
  return { ...word, pieces: [{ ...first, text: `-${first.text.slice(1)}` }, ...others] };
};

const isStdin = (file: Word | undefined) =>
  file === undefined || /^(?:-|\/dev\/(?:stdin|fd\/0))$/.test(literal(file) ?? "");

type Interpreter = OptionSpec & {
  names: RegExp;
  /** Options whose argument is a program. */
  text: RegExp;
  /** Makes the first operand a program. */
  operand?: RegExp;
  /** What follows this option or a program is for the program. */
  module?: RegExp;
};

const interpreters: readonly Interpreter[] = [
  { names: /^(?:python|pypy)[\d.]*$/, short: "cmWXQ", text: /^-c$/, module: /^-m$/ },
  { names: /^perl[\d.]*$/, short: "eEI", attached: "MmiFCDxVd", text: /^-[eE]$/ },
  { names: /^j?ruby[\d.]*$/, short: "erICE", attached: "iFxK", text: /^-e$/ },
  {
    names: /^(?:node|nodejs|bun|deno)$/,
    short: "er",
    long: ["--eval", "--require", "--import", "--loader"],
    text: /^(?:-e|--eval|--print)$/,
    operand: /^(?:-p|--print)$/,
  },
  { names: /^php[\d.]*$/, short: "rBREFdcfStz", long: ["--run"], text: /^(?:-[rBREe]|--run)$/ },
  { names: /^(?:lua[\d.]*|luajit)$/, short: "el", text: /^-e$/ },
  { names: /^Rscript$/, short: "e", text: /^-e$/ },
];

function ofInterpreter({ text, operand, module, ...spec }: Interpreter, args: Word[]): ProgramText {
  const { options, operands } = readArguments(args, spec);
  const last = module ? options.findIndex(({ name = "" }) => text.test(name) || module.test(name)) : -1;
  const own = last < 0 ? options : options.slice(0, last + 1);
  const given = own.filter(({ name }) => name === undefined || text.test(name));
  const words = given.flatMap(({ argument }) => argument ?? []);
  if (own.some(({ name = "" }) => operand?.test(name))) words.push(...operands.slice(0, 1));
  const asModule = own.some(({ name = "" }) => module?.test(name));
  return { words, stdin: words.length === 0 && !asModule && isStdin(operands[0]) };
}

const everything = (args: Word[]): ProgramText => ({ words: args, stdin: false });
const sourced = (args: Word[]): ProgramText => ({ words: args, stdin: args.some((word) => isStdin(word)) });

/** `mapfile -C`. */
const callback = (args: Word[]): ProgramText => {
  const { options } = readArguments(args, { short: "dnOsuCc" });
  return {
    words: options.flatMap(({ name, argument }) => (name === "-C" && argument ? [argument] : [])),
    stdin: false,
  };
};

const awk = programWord(
  { short: "FvfiEle", long: ["--field-separator", "--assign", "--file", "--include", "--source"] },
  /^(?:-e|--source)$/,
);
const sed = programWord(
  { short: "efl", attached: "i", long: ["--expression", "--file", "--line-length"] },
  /^(?:-e|--expression)$/,
);
const jq = programWord({ short: "fL", long: ["--from-file", "--indent"] }, /^$/, {
  "--arg": 2,
  "--argjson": 2,
  "--slurpfile": 2,
  "--rawfile": 2,
});

const others: Readonly<Record<string, (args: Word[]) => ProgramText>> = {
  eval: everything,
  trap: everything,
  compgen: everything,
  complete: everything,
  print: (args) => ({ words: args.some((word) => /^-[a-zA-Z]*P/.test(leading(word))) ? args : [], stdin: false }),
  source: sourced,
  ".": sourced,
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  sed,
  gsed: sed,
  jq,
  gojq: jq,
  ssh: ofSsh,
  autossh: ofSsh,
  su: optionText("sgGC"),
  runuser: optionText("sugG"),
  flock: (args) => ({ ...optionText("wE")(args), stdin: false }),
  script: (args) => ({ ...optionText("EIOBTmo")(args), stdin: false }),
  env: (args) => {
    const { options } = readArguments(args, { short: "uCS", long: ["--unset", "--chdir", "--split-string"] });
    const split = options.filter(({ name }) => name === undefined || name === "-S" || name === "--split-string");
    return { words: split.flatMap(({ argument }) => argument ?? []), stdin: false };
  },
  sudo: (args) => {
    const { options, operands } = readArguments(args, { short: "ughpCrtTUDR" });
    const login = options.some(({ name = "" }) => /^(?:-[si]|--shell|--login)$/.test(name));
    return { words: [], stdin: login && operands.length === 0 };
  },
  watch: (args) => ({ words: readArguments(args, { short: "nq", long: ["--interval"] }).operands, stdin: false }),
  mapfile: callback,
  readarray: callback,
  parallel: (args) => ({ words: args, stdin: true }),
  at: () => ({ words: [], stdin: true }),
  batch: () => ({ words: [], stdin: true }),
};

/** The first operand is the program, unless an option gives it. */
function programWord(spec: OptionSpec, text: RegExp, pairs: Record<string, number> = {}) {
  return (args: Word[]): ProgramText => {
    const { options, operands } = permuteArguments(withoutPairs(args, pairs), spec);
    const given = options.filter(({ name }) => name === undefined || text.test(name));
    const files = options.filter(({ name = "" }) => /^(?:-[fE]|--file|--from-file)$/.test(name));
    const words = given.flatMap(({ argument }) => argument ?? []);
    if (given.length === 0 && files.length === 0) words.push(...operands.slice(0, 1));
    return { words, stdin: files.some(({ argument }) => argument !== undefined && isStdin(argument)) };
  };
}

/** Options that take several words. */
function withoutPairs(args: Word[], pairs: Record<string, number>): Word[] {
  const left: Word[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    const taken = pairs[literal(word) ?? ""];
    if (taken !== undefined) i += taken;
    else if (word) left.push(word);
  }
  return left;
}

/** `-c TEXT`, else standard input is a script. */
function optionText(short: string) {
  return (args: Word[]): ProgramText => {
    const spec = { short: `${short}c`, long: ["--command", "--session-command", "--shell", "--user", "--group"] };
    const { options, operands } = permuteArguments(args, spec);
    const given = options.filter(({ name = "" }) => /^(?:-c|--command|--session-command)$/.test(name));
    const words = given.flatMap(({ argument }) => argument ?? []);
    return { words, stdin: given.length === 0 && operands.length < 3 };
  };
}

const sshOptions: OptionSpec = { short: "bcDEeFIiJLlmOopQRSWwBP" };

/** What follows the host goes to a shell there as one text. */
function ofSsh(args: Word[]): ProgramText {
  const { options, operands } = readArguments(args, sshOptions);
  const [, ...rest] = operands;
  const later = readArguments(rest, sshOptions);
  const settings = [...options, ...later.options].filter(({ name }) => name === "-o");
  const commands = settings.flatMap(({ argument }) => (argument && mayRun(argument) ? [argument] : []));
  const [first] = later.operands;
  const closed = options.some(({ name = "" }) => /^-[nN]$/.test(name));
  const stdin = !closed && (first === undefined || later.operands.some(readsScript));
  return { words: [...commands, ...later.operands], stdin };
}

/** `-o ProxyCommand=…` and its like are given to a shell; so may be an option that is a value. */
const mayRun = (setting: Word) => /command/i.test(leading(setting)) || /^(?:-o)?\s*$/.test(leading(setting));

/** A remote command like `sudo bash -s`. */
function readsScript(word: Word): boolean {
  const words = (literal(word) ?? "").trim().split(/\s+/);
  const at = words.findIndex((each) => isInterpreter(each.replace(/^.*\//, "")));
  if (at < 0) return false;
  const [program, ...rest] = words
    .slice(at)
    .map((text): Word => ({ start: 0, pieces: [{ kind: "text", text, quoted: false }] }));
  return programText(programName(program) ?? "", rest).stdin;
}
