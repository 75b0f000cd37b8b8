/** A random script while it is being made, and its placeholders. */
import type { Random } from "./shell-random.ts";

export const rows = [
  "unquoted",
  "mixed",
  "double quotes",
  "single quotes",
  "substitution",
  "here-document",
  "comment",
  "list",
  "assignment",
  "for",
  "redirection",
] as const;
export type Row = (typeof rows)[number];

/** A `dash` parameter may begin with one; a `file` is a text that can be a file's name. */
export type Use = { row: Row; kind: "text" | "dash" | "file" | "list" };

/** `uses` is by parameter. */
export type Draft = { random: Random; id: number; uses: Map<string, Use> };

/** Of a parameter of its own, at times of one that stands elsewhere, too. */
export function placeholder(draft: Draft, row: Row, kind: Use["kind"] = "text"): string {
  const { random, uses } = draft;
  const [first, ...others] = [...uses].filter(([, use]) => use.kind === kind).map(([name]) => name);
  if (first !== undefined && random.chance(0.15)) return `\${${random.pick([first, ...others])}}`;
  const name = `${kind}${uses.size}`;
  uses.set(name, { row, kind });
  if (kind === "list") return `\${${name}}`;
  return random.pick([`\${${name}}`, `\${${name}}`, `\${ ${name} }`, `\${${name} || '}'}`, `\${${name} || "\\"'"}`]);
}
