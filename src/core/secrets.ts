/**
 * Secrets by name. Looked up in the data folder's file, a systemd credential, the macOS keychain and the
 * environment; the first that has it wins. Values are never shown by any command.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile, statOf, translate } from "./files.ts";
import type { Env } from "./places.ts";
import { problem } from "./problem.ts";
import { forbiddenKeys, isMapping } from "./value.ts";

export type SecretSource = "file" | "credential" | "keychain" | "environment";

export type SecretsRequest = {
  data: string;
  env: Env;
  platform: string;
  /** macOS's own program for its keychain. */
  keychain?: string;
};

export type Secrets = {
  /** Undefined: there is none of that name anywhere. Throws `not-allowed` when others can read the file. */
  get(name: string): string | undefined;
  /** Where `get` would find it. */
  source(name: string): SecretSource | undefined;
};

/** Shorter values can't be masked: too much harmless text would be hidden with them. */
export const maskableLength = 6;

export function openSecrets({ data, env, platform, keychain = "/usr/bin/security" }: SecretsRequest): Secrets {
  const found = new Map<string, { value: string; source: SecretSource } | undefined>();
  let file: Map<string, string> | undefined;

  const look = (name: string) => {
    if (!isSecretName(name)) return undefined;
    file ??= storedSecrets(data);
    const sources: [SecretSource, () => string | undefined][] = [
      ["file", () => file?.get(name)],
      ["credential", () => readCredential(env.CREDENTIALS_DIRECTORY, name)],
      ["keychain", () => (platform === "darwin" ? readKeychain(keychain, name) : undefined)],
      ["environment", () => (Object.hasOwn(env, name) ? env[name] : undefined)],
    ];
    for (const [source, read] of sources) {
      const value = read();
      if (value !== undefined) return { value, source };
    }
    return undefined;
  };
  const remembered = (name: string) => {
    if (!found.has(name)) found.set(name, look(name));
    return found.get(name);
  };
  return { get: (name) => remembered(name)?.value, source: (name) => remembered(name)?.source };
}

/** The data folder's own secrets. Throws `not-allowed` when others can read the file, `data-damaged`. */
export function storedSecrets(data: string): Map<string, string> {
  const file = secretsFile(data);
  const stat = statOf(file);
  if (!stat) return new Map();
  if (stat.mode & 0o077) {
    throw problem({
      kind: "not-allowed",
      what: `${file} can be read by other users`,
      next: `Close it, and think of its secrets as known: chmod 600 ${file}`,
    });
  }
  return parse(textOf(file), file);
}

export function setSecret(data: string, name: string, value: string): void {
  requireSecretName(name);
  store(data, storedSecrets(data).set(name, value));
}

/** False: the file has none of that name. */
export function removeSecret(data: string, name: string): boolean {
  const secrets = storedSecrets(data);
  if (!secrets.delete(name)) return false;
  store(data, secrets);
  return true;
}

/** Throws `usage`: a name must be fit for `secret.NAME`, a file name and an environment variable. */
export function requireSecretName(name: string): void {
  if (isSecretName(name)) return;
  throw problem({
    kind: "usage",
    message: `${JSON.stringify(name)} can't be a secret's name`,
    hint: "Letters, digits, _ and -, not starting with a digit: garza secret set API_TOKEN",
  });
}

const secretsFile = (data: string) => join(data, "secrets.json");
const isSecretName = (name: string) => /^[A-Za-z_][A-Za-z0-9_-]{0,199}$/.test(name) && !forbiddenKeys.has(name);

function store(data: string, secrets: Map<string, string>): void {
  const sorted = [...secrets].sort(([a], [b]) => (a < b ? -1 : 1));
  replaceFile(secretsFile(data), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

function parse(text: string, file: string): Map<string, string> {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    // The parser's own message would quote the text, and with it a secret.
    throw problem({ kind: "data-damaged", file, why: "it is not JSON" });
  }
  const entries = isMapping(stored) ? Object.entries(stored) : [];
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (!isMapping(stored) || texts.length !== entries.length) {
    throw problem({ kind: "data-damaged", file, why: "it is not a mapping from name to text" });
  }
  return new Map(texts);
}

function readCredential(folder: string | undefined, name: string): string | undefined {
  if (!folder) return undefined;
  const file = join(folder, name);
  if (!statOf(file)?.isFile()) return undefined;
  return textOf(file).replace(/\r?\n$/, "");
}

/** Throws `not-allowed` for a file that is somebody else's, `input-output`. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code !== "EACCES") throw translate(cause, file);
    const next = "Give it to the user that garza runs as (chown), or remove it";
    throw problem({ kind: "not-allowed", what: `${file} may not be read`, next }, cause);
  }
}

/** A keychain that asks its owner in a window would keep an agent waiting for ever. */
const keychainPatienceMs = 5_000;

function readKeychain(program: string, name: string): string | undefined {
  const words = [program, "find-generic-password", "-s", "garza", "-a", name, "-w"];
  const found = Bun.spawnSync(words, { stdin: "ignore", stderr: "ignore", timeout: keychainPatienceMs });
  return found.exitCode === 0 ? found.stdout.toString().replace(/\n$/, "") : undefined;
}
