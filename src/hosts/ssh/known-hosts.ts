/** OpenSSH's known_hosts: what it says of a host, and a line more or less in it. Reading changes nothing. */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { makeLastingFolder, readRegular, replaceFile } from "../../core/files.ts";
import { lockFile } from "../../core/flock.ts";

export type KnownKey = { type: string; key: string; place: string };
export type Known = {
  /** Keys that the host may show. */
  keys: readonly KnownKey[];
  revoked: readonly KnownKey[];
  /** Places of authorities that vouch for it: certificates, which are not read here. */
  authorities: readonly string[];
};

/** `name` where it listens on port 22, else `[name]:port`; always in small letters. */
export const knownName = (host: string, port: number) =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

export function lookUp(files: readonly string[], name: string): Known {
  const found = files.flatMap((file) => entriesOf(file)).filter(({ names }) => isNamed(names, name));
  const of = (marker: string) => found.filter((entry) => entry.marker === marker);
  return { keys: of(""), revoked: of("@revoked"), authorities: of("@cert-authority").map(({ place }) => place) };
}

type Entry = KnownKey & { marker: string; names: string };

function entriesOf(file: string): Entry[] {
  const text = readRegular(file)?.text ?? "";
  return text.split("\n").flatMap((line, at) => {
    const entry = parse(line);
    return entry ? [{ ...entry, place: `${file}:${at + 1}` }] : [];
  });
}

function parse(line: string): Omit<Entry, "place"> | undefined {
  const words = line.trim().split(/[ \t]+/);
  const marker = words[0]?.startsWith("@") ? (words.shift() ?? "") : "";
  const [names = "", type = "", key = ""] = words;
  if (names === "" || names.startsWith("#") || key === "") return undefined;
  return { marker, names, type, key };
}

/** A list of names and patterns, where one with `!` excludes; or one hashed name. */
function isNamed(names: string, name: string): boolean {
  if (names.startsWith("|")) return isHashOf(names, name);
  const patterns = names.toLowerCase().split(",");
  const matches = (pattern: string) => globOf(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern));
}

function globOf(pattern: string): RegExp {
  const parts = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${parts}$`);
}

function isHashOf(hashed: string, name: string): boolean {
  const [, version, salt = "", hash] = hashed.split("|");
  return version === "1" && hashName(name, salt) === hash;
}

const hashName = (name: string, salt: string) =>
  createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64");

/** `SHA256:…`, as OpenSSH shows it. */
export const fingerprint = (key: Uint8Array) =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;

/** The type is the first text of a key's blob. */
export function typeOf(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return key.subarray(4, 4 + length).toString("latin1");
}

const shortNames: Record<string, string> = { "ssh-ed25519": "ED25519", "ssh-rsa": "RSA" };
/** `ED25519`, `RSA`, `ECDSA`: for people. */
export const showType = (type: string) => shortNames[type] ?? (type.startsWith("ecdsa-") ? "ECDSA" : type);

export type Learning = {
  file: string;
  name: string;
  key: Buffer;
  hashed: boolean;
  /** The host's other keys go: it is known to have been set up anew. */
  replace?: boolean;
  /** Who writes the file holds this one. */
  lock: string;
};

/** Adds a host's key, the whole file at once. What OpenSSH or somebody else wrote stays as it is. */
export async function learn({ file, name, key, hashed, replace = false, lock }: Learning): Promise<void> {
  const held = await lockFile(lock);
  try {
    makeLastingFolder(dirname(file));
    const there = realOf(file);
    const { text = "", mode = 0o600 } = readRegular(there) ?? {};
    const lines = text.split("\n").filter((line, at, all) => at < all.length - 1 || line !== "");
    const kept = replace ? lines.flatMap((line) => without(line, name)) : lines;
    replaceFile(there, [...kept, lineFor(name, key, hashed), ""].join("\n"), mode);
  } finally {
    held.release();
  }
}

/** The line, the name taken from its list; none where that was the last. A pattern stays: it is about others, too. */
function without(line: string, name: string): string[] {
  const entry = parse(line);
  if (entry?.marker !== "") return [line];
  if (entry.names.startsWith("|")) return isHashOf(entry.names, name) ? [] : [line];
  const names = entry.names.split(",");
  const others = names.filter((each) => each.toLowerCase() !== name);
  if (others.length === names.length) return [line];
  return others.length === 0 ? [] : [line.replace(entry.names, () => others.join(","))];
}

function lineFor(name: string, key: Buffer, hashed: boolean): string {
  const salt = randomBytes(20).toString("base64");
  const shown = hashed ? `|1|${salt}|${hashName(name, salt)}` : name;
  return `${shown} ${typeOf(key)} ${key.toString("base64")}`;
}

/** A link is followed: whoever keeps the file elsewhere goes on doing so. */
function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
