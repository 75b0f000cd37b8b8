/**
 * Random shell scripts around a program `A` that records its arguments. A value stands in them only where the rules
 * allow one, among whatever else a script may hold.
 */
import { type Draft, placeholder } from "./shell-draft.ts";
import { fileStatement, hereDocument } from "./shell-grammar-files.ts";
import { word } from "./shell-words.ts";

/** A script of one to three statements. */
export function makeScript(draft: Draft): string {
  const { random } = draft;
  let script = statement(draft, 0);
  for (let more = random.pick([0, 0, 0, 0, 0, 0, 0, 1, 1, 2]); more > 0; more--) {
    const between = script.endsWith("\n")
      ? random.pick(["", "\n", "  "])
      : random.pick(["\n", "\n\n", " ; ", ";", " ;\n"]);
    script += between + statement(draft, 0);
  }
  return script;
}

function statement(draft: Draft, depth: number): string {
  const { random } = draft;
  if (random.chance(0.5 + depth / 4)) return command(draft, depth);
  const kinds = [assignment, branch, loop, group, joined, commented, positional, files] as const;
  return random.pick(kinds)(draft, depth + 1);
}

function command(draft: Draft, depth: number): string {
  const { random } = draft;
  const words = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => word(draft, depth));
  const blank = random.pick([" ", " ", " ", "  ", "\t", " \\\n"]);
  const before = random.pick(["", "", "", "", "w=1 ", "<empty ", "command "]);
  const after = random.pick(["", "", "", "", " 2>&1", " <empty", " 2>void", " >&2"]);
  return `${before}A${blank}${words.join(blank)}${after}`;
}

function assignment(draft: Draft, depth: number): string {
  const p = () => placeholder(draft, "assignment");
  const quoted = () =>
    draft.random.build([() => p(), () => `"${p()}"`, () => `'${p()}'`, () => `a:${p()}`, () => `"$(A ECHO ${p()})"`]);
  const value = () => (draft.random.chance(0.8) ? quoted() : `$(A ECHO "${p()}")`);
  return draft.random.build([
    () => `v=${value()}; A "$v"`,
    () => `v=${value()}\nA "$v" ${word(draft, depth)}`,
    () => `V=${value()} A ENV`,
    () => `V=1 W=${value()} V=${value()} A ENV ${word(draft, depth)}`,
    () => `export V=${quoted()}; A ENV`,
    () => `readonly v=${quoted()} && A "$v"`,
    () => `f() { local v=${quoted()}; A "$v"; }; f`,
  ]);
}

function branch(draft: Draft, depth: number): string {
  const inner = () => statement(draft, depth);
  const one = () => word(draft, depth);
  return draft.random.build([
    () => `if A ${one()}; then\n${inner()}\nfi`,
    () => `if ! A ${one()}; then A no; elif A; then ${inner()}\nelse A no; fi`,
    () => `if [ "${placeholder(draft, "double quotes")}" = x ]; then A yes; else A no; fi`,
    () => `[ -n "x${placeholder(draft, "double quotes")}" ] && ${inner()}`,
    () => `test x != x${placeholder(draft, "mixed")}y && ${inner()}`,
    () => `case ${placeholder(draft, "unquoted", "dash")} in none) A no ;; *) ${inner()}\n;; esac`,
    () => `case x in (x|y) A ${one()} ;; *) A no ${one()};; esac`,
    () => `case "a ${placeholder(draft, "double quotes")}" in a*) A yes;; esac`,
  ]);
}

function loop(draft: Draft, depth: number): string {
  const p = () => placeholder(draft, "for", "dash");
  return draft.random.build([
    () => `for i in ${p()}; do A "$i"; done`,
    () => `for i in a ${p()} "${p()}"; do A "$i"; done`,
    () => `for i in a --b=${p()}\ndo A "$i"; done`,
    () => `for i in ${placeholder(draft, "list", "list")} z\ndo\nA "$i"\ndone`,
    () => `for i in 1 2; do ${statement(draft, depth)}\ndone`,
    () => `while ! A ${word(draft, depth)}; do A no; done`,
    () => `until A ${word(draft, depth)}; do A no; done`,
    () => `n=0; while [ $n -lt 2 ]; do n=$((n + 1)); A ${word(draft, depth)}; done`,
  ]);
}

function group(draft: Draft, depth: number): string {
  const inner = () => statement(draft, depth);
  return draft.random.build([
    () => `( ${inner()}\n)`,
    () => `{ ${inner()}\n}`,
    () => `{ ${inner()}\n} 2>void`,
    () => `f() { ${inner()}\n}; f a`,
    () => `f() {\n${inner()}\nA "$@"\n}\nf ${placeholder(draft, "unquoted", "dash")}`,
    () => `f() ( ${inner()}\n)\nf`,
  ]);
}

function joined(draft: Draft, depth: number): string {
  const one = () => command(draft, depth);
  return draft.random.build([
    () => `${one()} && ${one()}`,
    () => `! ${one()} || ${one()}`,
    () => `A ECHO ${word(draft, depth)} | A STDIN ${word(draft, 9)}`,
    () => `A ECHO ${word(draft, depth)} |\n  A STDIN`,
    () => `${one()} & wait`,
    () => `${one()};${one()}`,
  ]);
}

function commented(draft: Draft, depth: number): string {
  const p = () => placeholder(draft, "comment");
  const one = () => command(draft, depth);
  return draft.random.build([
    () => `# ${p()} it's\n${one()}\n`,
    () => `${one()} # "${p()} $(x)\n`,
    () => `${one()} #${p()}\n${one()}\n`,
    () => `{ # ${p()} }\n${one()}\n}`,
  ]);
}

function positional(draft: Draft, depth: number): string {
  return draft.random.build([
    () => `set -- ${word(draft, depth)} c; A "$@"`,
    () => `set -- a ${placeholder(draft, "unquoted")} c; A "$@" "$#" "$*"`,
    () => `A -- ${placeholder(draft, "unquoted")}`,
  ]);
}

function files(draft: Draft, depth: number): string {
  if (draft.random.chance(0.4)) return fileStatement(draft);
  return hereDocument(draft, { command: () => command(draft, depth), statement: () => statement(draft, depth) });
}
