/** Small changes to a script that make most of them something else, and many of them nonsense. */
import type { Template } from "./shell-oracle.ts";
import type { Random } from "./shell-random.ts";

/** `&`, `|`, `<` and `>` stay what they are, and so do loops and pipelines: a script must come to an end. */
export function mutated(template: Template, random: Random): Template {
  if (/while|until|wait| \|(?!\|)/.test(template.text)) return template;
  let { text } = template;
  for (let count = 1 + random.below(3); count > 0; count--) text = mutateOnce(text, random);
  return { ...template, text, anyWords: /\$[\w@*(]|`|[*?[]/.test(text) };
}

const inserted = [
  "'",
  '"',
  "\\",
  "(",
  ")",
  "#",
  ";",
  "\n",
  " ",
  "$",
  "{",
  "}",
  "`",
  "!",
  "=",
  "[",
  "]",
  "*",
  "~",
  "$(",
] as const;

function mutateOnce(text: string, random: Random): string {
  const places = placesOf(text);
  const [first, ...others] = places;
  if (first === undefined) return text;
  const at = random.pick([first, ...others]);
  if (random.chance(0.6)) return text.slice(0, at) + random.pick(inserted) + text.slice(at);
  const isMark = /['"\\()#;\n $`{}!=[\]*~]/.test(text[at] ?? "");
  return isMark ? text.slice(0, at) + text.slice(at + 1) : text;
}

/** Every index that may change. */
function placesOf(text: string): number[] {
  const fixed = new Set<number>();
  for (const { index, 0: whole } of text.matchAll(/(?:[&|<>]+ *[^$ ;)]*)?(?:\$\{[^}]*(?:'\}'[^}]*)?\})?/g)) {
    for (let at = index + (whole.startsWith("$") ? 1 : 0); at < index + whole.length; at++) fixed.add(at);
  }
  return [...text].map((_, at) => at).filter((at) => !fixed.has(at));
}
