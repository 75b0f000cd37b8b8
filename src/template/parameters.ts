/** The parameters of one operation: what was given, against what its template asks for. */
import { didYouMean } from "../core/nearest.ts";
import { GarzaError, problem } from "../core/problem.ts";
import type { Mapping, Value } from "../core/value.ts";
import { type Converted, convertJson, convertText } from "./convert.ts";
import { missingNeeds } from "./decided-needs.ts";
import { emptyScope } from "./empty-scope.ts";
import { interpolate } from "./interpolate.ts";
import { hasPlaceholder } from "./placeholders.ts";
import type { Scope } from "./scope.ts";
import type { Parameter, Template } from "./template.ts";

/** A parameter as it was typed, or as JSON. */
export type Given = { text: string } | { json: Value };

/**
 * Every parameter that has a value, by name, converted to its type; others are not in it. Throws
 * `parameters` with everything that is wrong, and the usage.
 */
export function bindParameters(template: Template, given: Readonly<Record<string, Given>>): Mapping {
  const { parameters } = template;
  const names = parameters.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  const faults = unknown.map((name) => `there is no parameter ${name}.${didYouMean(name, names)}`);
  const bound: Mapping = Object.create(null);
  const scope = emptyScope();
  for (const parameter of parameters) {
    const { name } = parameter;
    const converted = valueFor(parameter, Object.hasOwn(given, name) ? given[name] : undefined, scope);
    if (!converted) {
      if (parameter.required) faults.push(`needs parameter ${name}${about(parameter)}`);
    } else if ("fault" in converted) faults.push(`${name} ${converted.fault}`);
    else {
      bound[name] = converted.value;
      scope.set(name, converted.value);
    }
  }
  if (faults.length === 0) faults.push(...missingNeeds(template, scope));
  if (faults.length > 0) throw problem({ kind: "parameters", faults, usage: usageLine(template) });
  return bound;
}

/** `garza run deploy/web app=… [source_dir=.] [host=…]`. */
export function usageLine({ name, parameters }: Template): string {
  const words = parameters.map((parameter) => {
    const word = `${parameter.name}=${defaultText(parameter)}`;
    return parameter.required ? word : `[${word}]`;
  });
  return ["garza run", name, ...words].join(" ");
}

/** Names of the parameters that must be given. */
export function neededParameters({ parameters }: Template): string[] {
  return parameters.filter(({ required }) => required).map(({ name }) => name);
}

/** Undefined: nothing was given and there is no default. */
function valueFor(parameter: Parameter, given: Given | undefined, scope: Scope): Converted | undefined {
  if (given && "text" in given) return convertText(parameter, given.text);
  if (given && given.json !== null) return convertJson(parameter, given.json);
  const { default: fallback } = parameter;
  if (fallback === undefined) return undefined;
  return hasPlaceholder(fallback) ? filledDefault(parameter, fallback, scope) : { value: fallback };
}

/** A default may refer to the parameters above it. */
function filledDefault(parameter: Parameter, fallback: string, scope: Scope): Converted {
  try {
    return convertJson(
      parameter,
      interpolate(fallback, scope, () => {}),
    );
  } catch (thrown) {
    if (thrown instanceof GarzaError) return { fault: `has a default that can't be filled in: ${thrown.message}` };
    throw thrown;
  }
}

const about = ({ description }: Parameter) => (description === undefined ? "" : ` (${description})`);

function defaultText({ type, default: fallback }: Parameter): string {
  if (fallback === undefined) return "…";
  if (type === "secret") return "•••";
  const text = Array.isArray(fallback) ? `[${fallback.join(", ")}]` : String(fallback);
  return /^[^\s'"\\$&;|<>()*?`#~!]*$/.test(text) && text !== "" ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
