import { GarzaError } from "../../../src/core/problem.ts";
import type { Value } from "../../../src/core/value.ts";
import { checkShell, type PlaceholderTraits } from "../../../src/template/shell/check.ts";
import { renderShell, type Script } from "../../../src/template/shell/render.ts";

export const plainTraits: PlaceholderTraits = { declared: true, enum: false, allowDash: false, number: false };

/** Placeholders with these values; a name that is not among them is not set. */
export function render(text: string, values: Record<string, Value>, traits: Partial<PlaceholderTraits> = {}): Script {
  const resolve = (source: string) => ({ value: values[source], traits: { ...plainTraits, ...traits } });
  return renderShell(text, resolve, "step deploy");
}

/** The code of the refusal, or `none`. */
export function refusal(text: string, value: Value, traits: Partial<PlaceholderTraits> = {}): string {
  try {
    render(text, { x: value, y: value }, traits);
    return "none";
  } catch (thrown) {
    if (thrown instanceof GarzaError && thrown.problem.kind === "value-refused") return thrown.problem.code;
    throw thrown;
  }
}

/** The codes that a check finds, in the order of the text. */
export function codes(text: string, traits: Partial<PlaceholderTraits> = {}): string[] {
  return checkShell(text, () => ({ ...plainTraits, ...traits })).map(({ code }) => code);
}
