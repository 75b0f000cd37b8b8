/** A command's text as the shell will read it: literals, and one mark for each placeholder. */
import { isRaw } from "../references.ts";
import type { Placeholder, TextPart } from "../text.ts";

export type ShellCode = {
  /** A NUL stands for each placeholder; `raw()` values are in place where they are known. */
  text: string;
  /** By index of the mark. */
  placeholders: ReadonlyMap<number, Placeholder>;
  /** From an index of `text` to one of the template's text. */
  offset(index: number): number;
  /** Where a `$${` stands right behind a `$` or an odd backslash: the author may have meant a value. */
  glued: readonly number[];
};

export const placeholderMark = "\0";

/** `rawText` gives the value of a `raw()`; undefined leaves its mark. */
export function shellCode(
  parts: readonly TextPart[],
  rawText: (placeholder: Placeholder) => string | undefined,
): ShellCode {
  const placeholders = new Map<number, Placeholder>();
  const segments: { index: number; offset: number; literal: boolean }[] = [];
  const glued: number[] = [];
  let text = "";
  for (const part of parts) {
    segments.push({ index: text.length, offset: part.offset, literal: part.kind === "literal" });
    if (part.kind === "literal") {
      if (part.text.startsWith("${") && (text.endsWith("$") || hasOddBackslash(text, text.length))) {
        glued.push(text.length);
      }
      text += part.text;
    } else {
      const inPlace = isRaw(part.expression) ? rawText(part) : undefined;
      if (inPlace === undefined) placeholders.set(text.length, part);
      text += inPlace ?? placeholderMark;
    }
  }
  const offset = (index: number) => {
    const segment = segments.findLast((each) => each.index <= index);
    return segment ? segment.offset + (segment.literal ? index - segment.index : 0) : 0;
  };
  return { text, placeholders, offset, glued };
}

/** The text of the expression whose value is put there: of `raw(x)` it is `x`. */
export function valueSource({ expression, source }: Placeholder): string {
  return isRaw(expression) ? source.replace(/^raw\s*\(|\)\s*$/g, "").trim() : source;
}

/** Whether the character at `index` is escaped by the backslash before it. */
export function hasOddBackslash(text: string, index: number): boolean {
  let start = index;
  while (start > 0 && text[start - 1] === "\\") start--;
  return (index - start) % 2 === 1;
}
