/** Three ways to put values into a script: ours, and two that must fail. */
import { GarzaError } from "../../src/core/problem.ts";
import { ExpressionError } from "../../src/template/expression.ts";
import { checkShell, type PlaceholderTraits, type ShellFault } from "../../src/template/shell/check.ts";
import { renderShell } from "../../src/template/shell/render.ts";
import type { Template, Values } from "./shell-oracle.ts";

/** The script that runs, or the code that refuses it. */
export type Rendering = { script: string; refused?: string };
export type Render = (template: Template) => (values: Values) => Rendering;

/** What `checkShell` refuses `renderShell` must refuse, too. */
export const renderOurs: Render = (template) => {
  const { text, uses } = template;
  const [fault] = faultsIn(template, "error");
  return (values) => {
    const resolve = (source: string) => {
      const value = values.get(nameIn(source));
      return { value: typeof value === "object" ? [...value] : value, traits: traitsOf(uses, source) };
    };
    const rendering = refusalOr(() => renderShell(text, resolve, "fuzz").text);
    if (fault === undefined || rendering.refused !== undefined) return rendering;
    throw new Error(`checkShell says ${fault}, renderShell nothing: ${text}`);
  };
};

export const warningsOf = (template: Template): string[] => faultsIn(template, "warning");

function faultsIn({ text, uses }: Template, wanted: ShellFault["severity"]): string[] {
  try {
    const faults = checkShell(text, (source) => traitsOf(uses, source));
    return faults.filter(({ severity }) => severity === wanted).map(({ code }) => code);
  } catch (error) {
    if (error instanceof ExpressionError) return ["no expression"];
    throw error;
  }
}

const traitsOf = (uses: Template["uses"], source: string): PlaceholderTraits => ({
  declared: true,
  enum: false,
  allowDash: uses.get(nameIn(source))?.kind === "dash",
  number: false,
});

function refusalOr(render: () => string): Rendering {
  try {
    return { script: render() };
  } catch (error) {
    if (error instanceof ExpressionError) return { script: "", refused: "no expression" };
    if (!(error instanceof GarzaError) || error.problem.kind !== "value-refused") throw error;
    return { script: "", refused: error.problem.code };
  }
}

export const renderRaw: Render =
  ({ text }) =>
  (values) => ({ script: substitute(text, values, (value) => value) });

/** Right for a placeholder outside quotes, and only there. */
export const renderQuoted: Render =
  ({ text }) =>
  (values) => ({ script: substitute(text, values, (value) => `'${value.replaceAll("'", `'\\''`)}'`) });

function substitute(text: string, values: Values, write: (value: string) => string): string {
  const items = (source: string) => [values.get(nameIn(source)) ?? []].flat();
  return text
    .replaceAll(placeholder, (_, source: string) => items(source).map(write).join(" "))
    .replaceAll("$${", "${");
}

const placeholder = /(?<!\$)\$\{( ?[a-z]+\d+(?: | \|\| '\}'| \|\| "\\"'")?)\}/g;

const nameIn = (source: string): string => /[a-z]+\d+/.exec(source)?.[0] ?? "";
