/** GARZA on another host as a command line for the login shell there. */
import { singleQuoted } from "../../core/shell-quote.ts";
import type { Host } from "../../hosts/inventory.ts";

/** `words`: what follows the root, `status --json`. */
export function farCommand({ garza = {} }: Host, words: readonly string[]): string {
  const { program = "garza", root, home } = garza;
  const variables = home === undefined ? [] : ["env", `GARZA_HOME=${home}`];
  return [...variables, program, ...(root === undefined ? [] : ["--root", root]), ...words].map(quoted).join(" ");
}

/** A word for any shell; a `~/` in front is its own to fill in. */
function quoted(word: string): string {
  if (/^(?:~\/)?[\w@%+=:,./-]+$/.test(word)) return word;
  const [, home = "", rest = ""] = /^(~\/)?(.*)$/s.exec(word) ?? [];
  return `${home}${singleQuoted(rest)}`;
}
