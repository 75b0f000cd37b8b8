/** Templates, and their parameters with the values that are known for them. */
import type { Places } from "../../core/config.ts";
import { readRegular } from "../../core/files.ts";
import { isMapping, toText } from "../../core/value.ts";
import { readYaml } from "../../core/yaml.ts";
import type { Library } from "../../template/library.ts";
import type { Parameter } from "../../template/template.ts";
import { openTemplates } from "../open.ts";
import { openReader } from "../read-templates.ts";
import type { Candidate } from "./values.ts";

/** Those that begin so, with their descriptions; a template with faults has its name alone. */
export function templateWords(library: Library, typed: string): Candidate[] {
  return library
    .names()
    .filter((name) => name.startsWith(typed))
    .map((name) => ({ word: name, says: descriptionOf(library.find(name).text, name) }));
}

function descriptionOf(text: string, name: string): string {
  // The head alone: a template's steps are most of it, and somebody is waiting.
  const [head = ""] = text.split(/^(?:steps|parameters|prerequisites|rollback):/m);
  const { value } = readYaml(head, name);
  const operation = isMapping(value) ? value.operation : undefined;
  return isMapping(operation) ? toText(operation.description) : "";
}

/** First `name=` for each parameter that is not given yet; behind that what it may be. */
export async function parameterWords(
  places: Places,
  name: string,
  given: readonly string[],
  typed: string,
): Promise<Candidate[]> {
  const library = await openTemplates(places.root);
  const { template } = (await openReader(places.root, library))(library.find(name));
  const [wanted = ""] = typed.split("=");
  const parameter = typed.includes("=") ? template.parameters.find((each) => each.name === wanted) : undefined;
  if (parameter)
    return (await valuesOf(parameter, places.root)).map((one) => ({ ...one, word: `${wanted}=${one.word}` }));
  return template.parameters
    .filter((each) => !given.some((word) => word.startsWith(`${each.name}=`) || word.startsWith(`${each.name}:=`)))
    .map((each) => ({ word: `${each.name}=`, says: aboutParameter(each) }));
}

function aboutParameter({ type, description, required, default: fallback }: Parameter): string {
  const need = fallback !== undefined ? `default ${JSON.stringify(fallback)}` : required ? "must be given" : "optional";
  return [description, `${type}, ${need}`].filter(Boolean).join("; ");
}

async function valuesOf({ name, type, enum: choice, default: fallback, example }: Parameter, root: string) {
  const values = choice ?? (type === "boolean" ? [true, false] : await namesOf(name, root));
  const words = values.map(toText);
  const others = [
    [fallback, "default"],
    [example, "example"],
  ] as const;
  const known = new Map<string, Candidate>(words.map((word) => [word, { word }]));
  for (const [value, says] of others) {
    if (value === undefined || value === null || value === "" || typeof value === "object") continue;
    const word = toText(value);
    if (!choice || known.has(word)) known.set(word, { word, says });
  }
  return [...known.values()];
}

/** A parameter that is called so names one of the inventory, or of the registry. */
async function namesOf(name: string, root: string): Promise<string[]> {
  if (/^(host|hosts|on_host)$/.test(name)) return keysOf(`${root}/infra/hosts.yml`, "hosts");
  if (/^(service|service_name)$/.test(name)) return keysOf(`${root}/infra/services.yml`, "services");
  return [];
}

/** The hosts of the inventory, a damaged one included. */
export const hostWords = (root: string): Candidate[] =>
  keysOf(`${root}/infra/hosts.yml`, "hosts").map((word) => ({ word }));

function keysOf(file: string, key: string): string[] {
  const found = readRegular(file);
  const value = found ? readYaml(found.text, file).value : null;
  const within = isMapping(value) ? value[key] : undefined;
  return isMapping(within) ? Object.keys(within) : [];
}
