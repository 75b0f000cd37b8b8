/** Random words, in every kind of quotes. */
import { type Draft, placeholder } from "./shell-draft.ts";

/** From `depth` 4 on there are no command substitutions in it. */
export function word(draft: Draft, depth: number): string {
  const { random } = draft;
  const kind = random.below(13);
  if (kind < 3) return placeholder(draft, "unquoted", random.chance(0.1) ? "dash" : "text");
  if (kind < 5) return inDoubleQuotes(draft);
  if (kind < 7) return inSingleQuotes(draft);
  if (kind < 8) return placeholder(draft, "list", "list");
  if (kind < 9) return random.pick(fixedWords);
  if (kind < 10 && depth < 4) return substitution(draft, depth + 1);
  return mixed(draft);
}

const fixedWords = [
  "b",
  "''",
  '""',
  "\\'",
  "'it'\\''s'",
  '"$@"',
  "$none",
  "'#'",
  `"'"`,
  "a\\;b",
  "$((1+(2*3)))",
  '"$((4/(1+1)))"',
  "$${none:-c}",
  "$${none:-'}'}",
  "'$(touch x'",
] as const;

function inDoubleQuotes(draft: Draft): string {
  const p = () => placeholder(draft, "double quotes");
  return draft.random.build([
    () => `"${p()}"`,
    () => `"a ${p()} b"`,
    () => `"\\"${p()}\\""`,
    () => `"it's ${p()}'"`,
    () => `"$HOME/${p()}"`,
    () => `"$1${p()}$?"`,
    () => `"# ${p()}) ;; }"`,
    () => `"${p()}${p()}"`,
    () => `"\\\\ ${p()} \\$ \\a"`,
    () => `"\\\\${p()}"`,
    () => `"a\n${p()}\n"`,
    () => `"a\\\n${p()}"`,
    () => `"$((1 + 2))${p()}"`,
    () => `"$\${HOME#/}${p()}$\${#HOME}"`,
  ]);
}

function inSingleQuotes(draft: Draft): string {
  const p = () => placeholder(draft, "single quotes");
  return draft.random.build([
    () => `'${p()}'`,
    () => `'a "${p()}" b'`,
    () => `'$v ${p()} $(x) \`y\`'`,
    () => `'\\ ${p()} \\'`,
    () => `'# ${p()} ) }'`,
    () => `'${p()}${p()}'`,
    () => `'a\n${p()}'\\'''`,
  ]);
}

function mixed(draft: Draft): string {
  const p = () => placeholder(draft, "mixed");
  return draft.random.build([
    () => `--a=${p()}`,
    () => `-o${p()}`,
    () => `k:${p()}:z`,
    () => `${p()}:${p()}`,
    () => `a"b"'c'${p()}"d"`,
    () => `a\\ b${p()}`,
    () => `\\"${p()}\\'`,
    () => `.none*${p()}`,
    () => `.none[${p()}]`,
    () => `${p()}/*.none`,
    () => `~/${p()}`,
    () => `~${p()}`,
    () => `a#${p()}`,
    () => `${p()}#b`,
    () => `$none${p()}`,
    () => `"$1"${p()}`,
    () => `$HOME/${p()}`,
    () => `$\${HOME}${p()}`,
    () => `{a,${p()}}`,
    () => `${p()},${p()}`,
    () => `a=${p()}`,
    () => `%${p()}@+`,
    () => `\\\\${p()}`,
    () => `a\\\n${p()}`,
    () => `''${p()}""`,
    () => `'a'"${placeholder(draft, "double quotes")}"${p()}`,
  ]);
}

/** What it prints is one word, and never ends in a line end, which the shell would take away. */
function substitution(draft: Draft, depth: number): string {
  const p = () => placeholder(draft, "substitution");
  const inner = () => word(draft, depth);
  return draft.random.build([
    () => `"$(A ECHO ${p()})"`,
    () => `"$(A ECHO "${p()}")"`,
    () => `"$(A ECHO '${p()}')"`,
    () => `"$(A ECHO ${p()} ${inner()})"`,
    () => `"a$(A ECHO ')' "${p()}" # it's ) here\n)b"`,
    () => `"$( (A ECHO ${p()}); A ECHO \\) )"`,
    () => `"$(A ECHO "$(A ECHO "${p()}" ${inner()})")"`,
    () => `"$(if A; then A ECHO ${p()}; fi)$(A ECHO ${p()})"`,
    () => `--a="$(A ECHO $\${HOME} ${p()})"`,
    () => `"$({ A ECHO ${p()}; } 2>&1)"`,
    () => `$(A QUIET "${p()}")b`,
  ]);
}
