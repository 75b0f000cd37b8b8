/** Secret parameters: the database holds a reference, the values lie in a file of the operation's own until it ends. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeLastingFolder, replaceFile } from "../core/files.ts";
import { isMapping, type Mapping, toText, type Value } from "../core/value.ts";
import type { Template } from "../template/template.ts";

type Split = { stored: Mapping; secrets: Map<string, string> };

export function splitSecrets(template: Template, parameters: Mapping): Split {
  const secrets = new Map<string, string>();
  const stored: Mapping = {};
  const secretNames = new Set(template.parameters.filter(({ type }) => type === "secret").map(({ name }) => name));
  for (const [name, value] of Object.entries(parameters)) {
    if (secretNames.has(name)) {
      secrets.set(name, toText(value));
      stored[name] = { $secret: name };
    } else stored[name] = value;
  }
  return { stored, secrets };
}

/** Written before the operation is submitted, so that no accepted operation lacks its secrets. */
export function keep(data: string, operation: string, secrets: Map<string, string>): void {
  if (secrets.size === 0) return;
  write(data, operation, Object.fromEntries(secrets));
}

/** The parameters as they were given. */
export function restore(data: string, operation: string, stored: Mapping): Mapping {
  const isReference = (value: Value) => typeof value === "object" && value !== null && "$secret" in value;
  if (!Object.values(stored).some(isReference)) return stored;
  const secrets = readAll(data, operation);
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [name, isReference(value) ? (secrets[name] ?? null) : value]),
  );
}

type Kept = { value: Value; sets: Mapping; record: Mapping };

/** What a `sensitive` step gave, in the same file. */
export function keepStep(data: string, operation: string, key: string, kept: Kept): void {
  const all = readAll(data, operation);
  write(data, operation, { ...all, [stepsKey]: { ...stepsIn(all), [key]: kept } });
}

export function keptStep(data: string, operation: string, key: string): Mapping | undefined {
  const kept = stepsIn(readAll(data, operation))[key];
  return isMapping(kept) ? kept : undefined;
}

/** No parameter is called so. */
const stepsKey = "$steps";
const stepsIn = (all: Mapping): Mapping => (isMapping(all[stepsKey]) ? all[stepsKey] : {});

/** Every secret text of an operation, its sensitive steps' included; null when it had none, or they are forgotten. */
export function secretsOf(data: string, operation: string): string[] | null {
  return existsSync(fileOf(data, operation)) ? [...secretTexts(readAll(data, operation))] : null;
}

/** Every text in a value, but for the words of a probe: those are no secrets. */
export function* secretTexts(value: Value): Generator<string> {
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) yield* secretTexts(inner);
  else if (!words.has(toText(value))) yield toText(value);
}

const words: ReadonlySet<string> = new Set(["ok", "success", "failed", "skipped"]);

export function forget(data: string, operation: string): void {
  rmSync(fileOf(data, operation), { force: true });
}

function readAll(data: string, operation: string): Mapping {
  const file = fileOf(data, operation);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Mapping) : {};
}

/** Whole at every moment: what was kept before must not be lost with what is kept now. */
function write(data: string, operation: string, all: Mapping): void {
  makeLastingFolder(join(data, "secrets"));
  replaceFile(fileOf(data, operation), JSON.stringify(all));
}

const fileOf = (data: string, operation: string) => join(data, "secrets", operation);
