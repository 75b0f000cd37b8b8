/** A command with its values: a script that holds references to them, and how it looks to a person. */
import { problem } from "../../core/problem.ts";
import { toText, type Value } from "../../core/value.ts";
import { type Placeholder, parseText } from "../text.ts";
import { isWholeCommand, ordered, type PlaceholderTraits, type ShellFault } from "./check.ts";
import { shellCode, valueSource } from "./code.ts";
import { applyRules } from "./rules/rules.ts";
import { readScript } from "./script.ts";
import { showCommand } from "./show.ts";
import { spreadLists } from "./spread.ts";
import { refuseText } from "./text-refusals.ts";
import { writeScript } from "./write.ts";

/** A script ready for a shell, and how it looks to a person. */
export type Script = {
  /** Preamble with the values, then the author's text with references. Given to the shell as a file. */
  text: string;
  /** The command as the shell understands it, values in place and quoted: for dry runs and logs. */
  shown: string;
};

type Resolve = (source: string) => { value: Value | undefined; traits: PlaceholderTraits };

/**
 * An undefined value is a name that was not set on the way taken. `where` names the step in messages.
 * Throws `value-refused` and `ExpressionError`.
 */
export function renderShell(text: string, resolve: Resolve, where: string): Script {
  if (!text.includes("${")) return { text, shown: text };
  const refuse = ({ code, message, hint }: Pick<ShellFault, "code" | "message" | "hint">) =>
    problem({ kind: "value-refused", code, where, message, ...(hint !== undefined && { hint }) });
  const given = (placeholder: Placeholder): Value => {
    const source = valueSource(placeholder);
    const { value } = resolve(source);
    if (value === undefined) throw refuse(unset(source));
    return value;
  };
  const textOf = (placeholder: Placeholder) => refuseText(toText(given(placeholder)), placeholder, refuse);

  const parts = parseText(text);
  const whole = shellCode(parts, () => undefined);
  const [only] = whole.placeholders.values();
  if (only && isWholeCommand(whole)) {
    const script = textOf(only);
    return { text: script, shown: script };
  }
  const code = shellCode(parts, textOf);
  if (code.placeholders.size === 0 && code.glued.length === 0) return { text: code.text, shown: code.text };

  const { list, slots, faults } = readScript(code, (source) => resolve(source).traits);
  refuseFirst(faults);
  const spread = new Map<number, string[]>();
  const values = [...slots.values()].map((slot) => ({ slot, value: given(slot.placeholder) }));
  for (const { slot, value } of values) if (Array.isArray(value)) spread.set(slot.index, value.map(toText));
  // An empty list leaves no word behind, but its place is refused all the same.
  if (spread.size > 0) refuseFirst(applyRules(list, code));
  for (const { slot, value } of values) {
    slot.value = { text: refuseText(toText(value), slot.placeholder, refuse), number: typeof value === "number" };
  }
  spreadLists(list, spread);
  refuseFirst(applyRules(list, code));
  const filled = { code, slots, spread };
  const script = writeScript(filled);
  return { text: script, shown: showCommand(list, filled) ?? script };

  function refuseFirst(found: readonly ShellFault[]): void {
    const [fault] = ordered(found).filter(({ severity }) => severity === "error");
    if (fault) throw refuse(fault);
  }
}

const unset = (source: string) => ({
  code: "E_UNSET",
  message: `needs ${source}`,
  hint: `Where empty is meant, write \${${source} || ''}.`,
});
