/** What has to be masked in the record of operations, found again when it is shown. */
import type { Places } from "../core/config.ts";
import { type Masker, masker } from "../core/redact.ts";
import { openSecrets, type SecretSource, storedSecrets } from "../core/secrets.ts";
import type { Value } from "../core/value.ts";
import { secretsOf } from "../engine/parameter-secrets.ts";
import type { OperationRow, StepRow } from "../queue/rows.ts";

type Environment = { env: Readonly<Record<string, string | undefined>>; platform: string };

/** Masks stored secrets, those that the templates name wherever they come from now, and secret parameters. */
export function maskerFor(
  { data }: Places,
  operations: readonly OperationRow[],
  { env, platform }: Environment,
): Masker {
  const secrets = openSecrets({ data, env, platform });
  const names = secretNames(operations.flatMap(({ template_text, attached }) => [template_text, attached]));
  const used = names.map((name) => secrets.get(name)).filter((value) => value !== undefined);
  // Of an ended operation they were masked in what stays, and then forgotten.
  const given = operations.flatMap(({ id }) => secretsOf(data, id) ?? []);
  return masker([...storedSecrets(data).values(), ...used, ...given]);
}

/** `secret.NAME` and `secret("NAME")` in templates' texts, also in one that is quoted as JSON. */
export function secretNames(texts: readonly string[]): string[] {
  const uses = /\bsecret(?:\.|[([]\s*\\?["'])([A-Za-z_][\w-]*)/g;
  const found = texts.flatMap((text) => [...text.replace(/^\s*#.*$/gm, "").matchAll(uses)]);
  return [...new Set(found.map(([, name = ""]) => name))].sort();
}

/** Where each secret that is stored, or that a template names, is found: none of them is shown. */
export function secretSources(
  data: string,
  texts: readonly string[],
  { env, platform }: Environment,
): { name: string; source: SecretSource | null }[] {
  const secrets = openSecrets({ data, env, platform });
  const names = new Set([...storedSecrets(data).keys(), ...secretNames(texts)]);
  return [...names].sort().map((name) => ({ name, source: secrets.source(name) ?? null }));
}

/** A step's row as it may be shown. */
export function shownStep(masking: Masker): (row: StepRow) => StepRow {
  const shown = (text: string | null) => text && JSON.stringify(masking.maskValue(JSON.parse(text) as Value));
  return (row) => ({
    ...row,
    name: masking.mask(row.name),
    intent: shown(row.intent) ?? "{}",
    result: shown(row.result),
  });
}
