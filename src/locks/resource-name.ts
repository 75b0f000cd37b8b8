import { sha256 } from "../core/hash.ts";
import { problem } from "../core/problem.ts";

/** The one spelling of a resource: composed Unicode. Throws `value-refused` for no name. */
export function resourceName(resource: string): string {
  const message = faultOf(resource);
  if (message === undefined) return resource.normalize("NFC");
  throw problem({ kind: "value-refused", code: "E_RESOURCE", where: "the name of a lock's resource", message });
}

/** Others take no longer name for one. */
const longest = 500;

function faultOf(resource: string): string | undefined {
  if (resource === "") return "it is empty";
  if (!resource.isWellFormed()) return "it is no valid Unicode text";
  return resource.normalize("NFC").length > longest ? `it is longer than ${longest} characters` : undefined;
}

/**
 * A resource as one path component, for refs and mirror files: different names give different ones, also
 * on file systems that ignore case, and none is special to git or the system.
 */
export function encodeResource(resource: string): string {
  const bytes = new TextEncoder().encode(resourceName(resource));
  const encoded = Array.from(bytes, (byte, index) =>
    isPlain(byte, index) ? String.fromCharCode(byte) : escaped(byte),
  ).join("");
  // Names of devices on Windows, in any folder.
  const safe = /^(?:con|prn|aux|nul|(?:com|lpt)\d)$/.test(encoded)
    ? escaped(bytes[0] ?? 0) + encoded.slice(1)
    : encoded;
  if (safe.length <= 180) return safe;
  return `%h-${sha256(bytes).slice(0, 40)}`;
}

/** `[a-z0-9_-]`, but for a leading `-`, which would read as an option. */
function isPlain(byte: number, index: number): boolean {
  return /[a-z0-9_-]/.test(String.fromCharCode(byte)) && !(byte === 0x2d && index === 0);
}

const escaped = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`;
