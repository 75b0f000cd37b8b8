/** Random redirections and here-documents. */
import { type Draft, placeholder } from "./shell-draft.ts";
import { word } from "./shell-words.ts";

/** What a redirection wrote is read back under a name that the shell itself finds. */
export function fileStatement(draft: Draft): string {
  const { random, id, uses } = draft;
  const prefix = `o${id}x${uses.size}-`;
  const p = () => placeholder(draft, "redirection", "file");
  const target = random.build([
    () => `${prefix}${p()}`,
    () => `"${prefix}${p()}"`,
    () => `${prefix}'${p()}'`,
    () => `./${prefix}${p()}.txt`,
  ]);
  const redirection = random.pick([">", "> ", ">>", ">|", "2>"]) + target;
  const back = `for f in ./${prefix}*; do A "$f"; done`;
  return random.build([
    () => `A ECHO hi ${redirection}; ${back}`,
    () => `${redirection} A b; ${back}`,
    () => `{ A ECHO c; } ${redirection}\n${back}\nA STDIN <${target}`,
    () => `for i in 1; do A ECHO $i; done ${redirection}\n${back}`,
    () => `: ${redirection}; ${back}`,
    () => whole(p()),
  ]);
}

const whole = (target: string) => `A ECHO ${target} >${target} && A STDIN <${target}`;

type Inner = { command: () => string; statement: () => string };

export function hereDocument(draft: Draft, { command, statement }: Inner): string {
  const { random } = draft;
  const [start, end] = random.pick([
    ["<<EOF", "EOF"],
    ["<< EOF", "EOF"],
    ["<<-END", "\tEND"],
    ["0<<_E", "_E"],
  ]);
  const body = `${Array.from({ length: 1 + random.below(3) }, () => line(draft)).join("\n")}\n${end}\n`;
  const beside = () => wordOfOneLine(draft);
  return random.build([
    () => `A STDIN ${start}\n${body}`,
    () => `A STDIN ${start} ${beside()}\n${body}${command()}`,
    () => `A STDIN ${start} && A x ${beside()}\n${body}`,
    () => `A STDIN <<'Q' && A STDIN ${start}\nit's $(touch x "\nQ\n${body}`,
    () => `if A; then A STDIN ${start}\n${body}${statement()}\nfi`,
    () => `{ A STDIN a; } ${start}\n${body}`,
    () => `A STDIN ${start} | A STDIN\n${body}`,
  ]);
}

/** Shells differ in where a body begins when the line that announces it goes on in quotes. */
function wordOfOneLine(draft: Draft): string {
  const uses = new Map(draft.uses);
  const one = word({ ...draft, uses }, 9);
  if (one.includes("\n")) return wordOfOneLine(draft);
  for (const [name, use] of uses) draft.uses.set(name, use);
  return one;
}

function line(draft: Draft): string {
  const p = () => placeholder(draft, "here-document");
  return draft.random.build([
    () => p(),
    () => `a ${p()} b`,
    () => `it's "${p()}"`,
    () => `'${p()}' # x`,
    () => `\\$ \\\\ ${p()} \\a $HOME`,
    () => `\t${p()}`,
    () => "fixed ' line ) ;;",
    () => `${p()}${p()}$((1+1))`,
    () => `x\\\n${p()}`,
    () => " EOF",
  ]);
}
