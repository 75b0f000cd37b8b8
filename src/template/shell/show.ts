/** A command as a person would type it: each value in its place, quoted. */
import { shellQuote, singleQuoted } from "../../core/shell-quote.ts";
import type { Heredoc, List, Slot } from "./syntax.ts";
import { commandsIn } from "./walk.ts";
import { type Filled, replaced } from "./write.ts";

/** Undefined when a here-document can't hold its values in any quoting. */
export function showCommand(list: List, filled: Filled): string | undefined {
  const { code, slots, spread } = filled;
  const shown = (index: number) => {
    const slot = slots.get(index);
    const elements = spread.get(index);
    if (elements) return elements.map(shellQuote).join(" ");
    return slot && shownIn(slot, slot.value?.text ?? "", code.text);
  };
  const heredocs = [...commandsIn(list)].flatMap(({ redirections }) =>
    redirections.flatMap(({ heredoc }) => heredoc ?? []),
  );
  const holds = (heredoc: Heredoc) => {
    const body = replaced(code, shown, heredoc.start, heredoc.end).split("\n").slice(0, -1);
    return !body.some((line) => (heredoc.stripTabs ? line.replace(/^\t+/, "") : line) === heredoc.delimiter);
  };
  const glued = [...slots.values()].some((slot) => slot.quoting === "heredoc" && followsName(slot, code.text));
  return heredocs.every(holds) && !glued ? replaced(code, shown) : undefined;
}

function shownIn(slot: Slot, value: string, text: string): string {
  switch (slot.quoting) {
    case "none": {
      const isDescriptor = /[<>]/.test(text[slot.index + 1] ?? "") && /^\d+$/.test(value);
      return isDescriptor || followsName(slot, text) ? singleQuoted(value) : shellQuote(value);
    }
    case "single":
      return singleQuoted(value).slice(1, -1);
    case "double": {
      // An interactive shell would replace a `!` between double quotes.
      if (value.includes("!")) return `"${singleQuoted(value)}"`;
      return (followsName(slot, text) ? '""' : "") + value.replace(/[\\"$`]/g, (sign) => `\\${sign}`);
    }
    case "heredoc":
      return value.replace(/[\\$`]/g, (sign) => `\\${sign}`);
    default:
      return text[slot.index - 1] === "-" && value.startsWith("-") ? ` ${value}` : value;
  }
}

/** Right behind `$name`, where more letters would make another name. */
const followsName = ({ index }: Slot, text: string) =>
  /\$[A-Za-z_]\w*$/.test(text.slice(Math.max(0, index - 80), index));
