import type { ScalarNode } from "./node.ts";

/** Where in the file the character at an offset of a scalar's value stands. */
export function placeInScalar(scalar: ScalarNode, offset: number): number {
  const { source, style } = scalar;
  if (style === "literal" || style === "folded") return scalar.at + blockOffset(scalar, offset);
  if (!/\n|\\|''/.test(source)) return scalar.at + offset + (style === "plain" ? 0 : 1);
  if (style === "plain") return scalar.at + flowOffset(source, 0, offset, noEscape);
  return scalar.at + flowOffset(source, 1, offset, style === "single" ? quoteEscape : backslashEscape);
}

/** How many characters of the source an escape takes, and how many of the value it makes; undefined: none here. */
type Escape = (source: string, at: number) => { taken: number; made: number } | undefined;

const noEscape: Escape = () => undefined;
const quoteEscape: Escape = (source, at) => (source.startsWith("''", at) ? { taken: 2, made: 1 } : undefined);
const backslashEscape: Escape = (source, at) => {
  if (source[at] !== "\\") return undefined;
  const continued = /^\\\n[ \t]*/.exec(source.slice(at, at + 1000));
  if (continued) return { taken: continued[0].length, made: 0 };
  const digits = { x: 2, u: 4, U: 8 }[source[at + 1] ?? ""] ?? 0;
  const isAstral = digits === 8 && Number.parseInt(source.slice(at + 2, at + 10), 16) > 0xffff;
  return { taken: 2 + digits, made: isAstral ? 2 : 1 };
};

/** Plain and quoted text: a line break is one blank, each further one a line break; indentation is nothing. */
function flowOffset(source: string, start: number, offset: number, escapeAt: Escape): number {
  let made = 0;
  let at = start;
  while (made < offset && at < source.length) {
    const special = escapeAt(source, at);
    const fold = special ? undefined : foldAt(source, at);
    if (special) {
      at += special.taken;
      made += special.made;
    } else if (fold) {
      at += fold.taken;
      made += fold.made;
    } else {
      at += 1;
      made += 1;
    }
  }
  return at;
}

function foldAt(source: string, at: number): { taken: number; made: number } | undefined {
  const character = source[at];
  if (character !== " " && character !== "\t" && character !== "\n") return undefined;
  let end = at;
  let breaks = 0;
  for (; /[ \t\n]/.test(source[end] ?? ""); end++) if (source[end] === "\n") breaks += 1;
  return breaks === 0 ? undefined : { taken: end - at, made: Math.max(1, breaks - 1) };
}

/** Block text: each line keeps its place behind the indentation; folded lines are joined by what was a line break. */
function blockOffset({ source, style, value }: ScalarNode, offset: number): number {
  const lines = source.split("\n");
  const header = lines[0] ?? "";
  const indent = indentOf(header, lines.slice(1));
  let at = header.length + 1;
  let made = 0;
  for (const line of lines.slice(1)) {
    const text = line.slice(indent);
    const found = style === "folded" ? String(value).indexOf(text, made) : made;
    const begins = found < 0 ? made : found;
    if (offset <= begins + text.length) return at + Math.min(line.length, indent) + Math.max(0, offset - begins);
    made = begins + text.length + 1;
    at += line.length + 1;
  }
  return Math.min(at, source.length);
}

function indentOf(header: string, lines: string[]): number {
  const first = lines.find((line) => line.trim() !== "");
  const deepest = first === undefined ? 0 : first.length - first.trimStart().length;
  // An indicator (`|2`) counts from the parent, which the source does not show: the shallowest line is the best guess.
  if (!/\d/.test(header)) return deepest;
  const filled = lines.filter((line) => line.trim() !== "");
  return Math.min(deepest, ...filled.map((line) => line.length - line.trimStart().length));
}
