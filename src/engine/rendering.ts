/** The template's texts filled in from a scope: the one place where steps, plans and the engine do it. */
import { join } from "node:path";
import { contained } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import type { Rendering } from "../steps/step.ts";
import { evaluate, holds } from "../template/evaluate.ts";
import { parseExpression } from "../template/expression.ts";
import { interpolate } from "../template/interpolate.ts";
import type { Scope } from "../template/scope.ts";
import type { PlaceholderTraits } from "../template/shell/check.ts";
import { renderShell } from "../template/shell/render.ts";
import { renderStatePath } from "../template/state-path-text.ts";
import type { Template } from "../template/template.ts";
import { renderWords } from "../template/words.ts";

export type RenderingOptions = {
  template: Template;
  root: string;
  scope: Scope;
  /** Where the text stands, for messages: the step's name. */
  where: string;
  warn(message: string): void;
};

export function renderingOf({ template, root, scope, where, warn }: RenderingOptions): Rendering {
  const traits = (source: string) => traitsOf(template, scope, source);
  const refuse = refuseUnset(where);
  // Being compared with is no use: a name may be unset there.
  const refuseUsed = (source: string, compared: boolean) => {
    if (!compared) refuse(source);
  };
  const tell = (source: string) => warn(`${where}: ${source} is not set here and counts as empty`);
  return {
    scope,
    shell: (text) =>
      renderShell(
        text,
        (source) => ({ value: evaluate(parseExpression(source), scope, refuseUsed), traits: traits(source) }),
        where,
      ),
    words: (text) => renderWords(text, scope, refuse, (source) => traits(source).allowDash),
    condition: (text, inner = scope) => holds(parseExpression(text), inner, tell),
    text: (value, inner = scope) => interpolate(value, inner, tell),
    // Whoever asks so says what a name that is not set means there.
    expression: (text, inner = scope) => evaluate(parseExpression(text), inner, () => {}),
    statePath: (text) => renderStatePath(text, scope, refuse),
    pathInRoot(path) {
      return contained(root, join(root, path));
    },
  };
}

/** For commands, arguments, paths and URLs: a name that is not set stops the step before it does anything. */
export function refuseUnset(where: string): (source: string) => never {
  return (source) => {
    throw problem({
      kind: "value-refused",
      code: "E_UNSET",
      where,
      message: `needs ${source}, which is not set here`,
      hint: `Where empty is meant, write \${${source} || ''}.`,
    });
  };
}

/** What is known of a placeholder that is one parameter's name, unless a step has replaced its value. */
export function traitsOf(template: Template, scope: Scope | null, source: string): PlaceholderTraits {
  const parameter = template.parameters.find(({ name }) => name === source.trim());
  if (!parameter) return { declared: true, enum: false, allowDash: false, number: false };
  const value: Value | undefined = scope?.get(parameter.name);
  const allowed = parameter.enum ?? [];
  return {
    declared: true,
    enum: allowed.length > 0 && (scope === null || allowed.some((each) => each === value)),
    allowDash: parameter.allowDash,
    number: parameter.type === "number" && (scope === null || typeof value === "number"),
  };
}
