/** The author's text with references in place of the placeholders. */
import { singleQuoted } from "../../core/shell-quote.ts";
import type { ShellCode } from "./code.ts";
import type { Slot } from "./syntax.ts";

/** The values that are set, in the order of the text. */
export type Filled = {
  code: ShellCode;
  slots: ReadonlyMap<number, Slot>;
  /** The elements of lists that become several words, by index of the placeholder. */
  spread: ReadonlyMap<number, readonly string[]>;
};

/** Variables with the values, not exported, then the text. */
export function writeScript({ code, slots, spread }: Filled): string {
  const names = new Map<string, string>();
  const reference = (value: string) => {
    const name = names.get(value) ?? `__garza_${names.size + 1}`;
    names.set(value, name);
    return `\${${name}}`;
  };
  const body = replaced(code, (index) => {
    const slot = slots.get(index);
    const elements = spread.get(index);
    if (elements) return elements.map((element) => `"${reference(element)}"`).join(" ");
    return slot && referenceIn(slot, reference(slot.value?.text ?? ""), code);
  });
  return [...names].map(([value, name]) => `${name}=${singleQuoted(value)}\n`).join("") + body;
}

/** Placeholders for which nothing is written, those in comments, stay as the author wrote them. */
export function replaced(
  { text, placeholders }: ShellCode,
  by: (index: number) => string | undefined,
  start = 0,
  end = text.length,
): string {
  let written = "";
  let from = start;
  for (const [index, { source }] of placeholders) {
    if (index < start || index >= end) continue;
    written += text.slice(from, index) + (by(index) ?? `\${${source}}`);
    from = index + 1;
  }
  return written + text.slice(from, end);
}

function referenceIn({ quoting, index, value }: Slot, reference: string, { text }: ShellCode): string {
  switch (quoting) {
    case "none":
      return `"${reference}"`;
    case "single":
      return `'"${reference}"'`;
    case "arithmetic":
      // `5-${x}` with -3 must not become `--`.
      return text[index - 1] === "-" && value?.text.startsWith("-") ? ` ${reference}` : reference;
    default:
      return reference;
  }
}
