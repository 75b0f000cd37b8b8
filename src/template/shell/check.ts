/** What is wrong with a command's text, whatever the values will be. */
import { isRaw } from "../references.ts";
import { parseText } from "../text.ts";
import { placeholderMark, type ShellCode, shellCode, valueSource } from "./code.ts";
import { applyRules } from "./rules/rules.ts";
import { readScript, type ShellScript } from "./script.ts";

/** What the rules need to know of a placeholder before its value is known. */
export type PlaceholderTraits = {
  declared: boolean;
  /** Its parameter lists every value it can have. */
  enum: boolean;
  /** Its parameter has `allow_dash: true`. */
  allowDash: boolean;
  /** Its value is always a number. */
  number: boolean;
};

/** `offset` is an index into the text that was checked. */
export type ShellFault = {
  code: string;
  severity: "error" | "warning";
  message: string;
  hint?: string;
  offset: number;
};

type Traits = (source: string) => PlaceholderTraits;

/** In the order of the text. `source` is what stands between `${` and `}`. Throws `ExpressionError`. */
export function checkShell(text: string, traits: Traits): ShellFault[] {
  if (!text.includes("${")) return [];
  const parts = parseText(text);
  const code = shellCode(parts, () => undefined);
  if (isWholeCommand(code) || isAllRaw(code)) return unknownNames(code, traits);
  const script = readScript(code, traits);
  return ordered([...unknownNames(code, traits, script), ...script.faults, ...applyRules(script.list, code)]);
}

/** A command that is one `${…}` is run as it is. */
export const isWholeCommand = ({ text, placeholders }: ShellCode) =>
  placeholders.size === 1 && text.trim() === placeholderMark;

const isAllRaw = ({ placeholders, glued }: ShellCode) =>
  glued.length === 0 && [...placeholders.values()].every(({ expression }) => isRaw(expression));

function unknownNames({ placeholders }: ShellCode, traits: Traits, script?: ShellScript): ShellFault[] {
  return [...placeholders]
    .filter(([index, placeholder]) => !script?.comments.has(index) && !traits(valueSource(placeholder)).declared)
    .map(([, placeholder]) => ({
      code: "E_UNKNOWN_PARAM",
      severity: "error",
      message: `nothing sets ${valueSource(placeholder)}`,
      hint: "Declare it under parameters:, or write $${ for a ${ of the shell.",
      offset: placeholder.offset,
    }));
}

/** By place, each once. */
export function ordered(faults: readonly ShellFault[]): ShellFault[] {
  const first = new Map(faults.map((fault) => [`${fault.code} ${fault.offset}`, fault]));
  return [...first.values()].sort((a, b) => a.offset - b.offset);
}
