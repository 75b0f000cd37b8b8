/** What leaves the process: secrets masked in every form they may take, control characters made visible. */
import { maskableLength } from "./secrets.ts";
import type { Value } from "./value.ts";

export type Masker = {
  /** From now on this value is masked too. Shorter ones than `maskableLength` can't be. */
  add(secret: string): void;
  mask(text: string): string;
  /** Every text in the value, keys of mappings included. */
  maskValue(value: Value): Value;
  /** For text that comes in pieces: a secret may stand across their borders. */
  stream(): MaskingStream;
};

/** What may be the beginning of a secret is held back until the next piece, or `end`, decides. */
export type MaskingStream = { write(piece: string): string; end(): string };

const masked = "***";

export function masker(secrets: Iterable<string> = []): Masker {
  let forms: string[] = [];
  let pattern: RegExp | undefined;

  const add = (secret: string) => {
    // The longest first: a form that contains another one must win.
    forms = [...new Set([...forms, ...formsOf(secret)])].sort((a, b) => b.length - a.length);
    pattern = forms.length ? new RegExp(forms.map(RegExp.escape).join("|"), "g") : undefined;
  };
  for (const secret of secrets) add(secret);

  const mask = (text: string) => (pattern ? text.replace(pattern, masked) : text);
  const maskValue = (value: Value): Value => {
    if (typeof value === "string") return mask(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(maskValue);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mask(key), maskValue(inner)]));
  };
  const stream = (): MaskingStream => {
    let held = "";
    return {
      write(piece) {
        const text = held + piece;
        const decided = pattern ? decidedLength(text, forms, pattern) : text.length;
        held = text.slice(decided);
        return mask(text.slice(0, decided));
      },
      end() {
        const rest = mask(held);
        held = "";
        return rest;
      },
    };
  };
  return { add, mask, maskValue, stream };
}

/** How much of the text can be shown: up to where a secret may have begun, and never through the middle of one. */
function decidedLength(text: string, forms: readonly string[], pattern: RegExp): number {
  let border = openSecret(text, 0, forms);
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (match.index < border && border < end) border = openSecret(text, end, forms);
  }
  return border;
}

/** The first place, not before `from`, from where the rest of the text is the beginning of a form. */
function openSecret(text: string, from: number, forms: readonly string[]): number {
  const longest = forms[0]?.length ?? 0;
  for (let at = Math.max(from, text.length - longest + 1); at < text.length; at++) {
    const rest = text.slice(at);
    if (forms.some((form) => form.length > rest.length && form.startsWith(rest))) return at;
  }
  return text.length;
}

function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  const raw = [secret, secret.trim(), ...(lines.length > 1 ? lines.map((line) => line.trim()) : [])];
  const forms = raw.filter((text) => text.length >= maskableLength).flatMap((text) => [text, ...encodings(text)]);
  return forms.filter((form) => form.length >= maskableLength);
}

function encodings(text: string): string[] {
  const url = encodeURIComponent(text.toWellFormed());
  const strictUrl = url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const urls = [url, strictUrl].flatMap((form) => [form, form.replaceAll("%20", "+")]);
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const shell = text.replaceAll("'", "'\\''");
  const lowerUrls = urls.map((form) => form.replace(/%../g, (octet) => octet.toLowerCase()));
  return [...base64Forms(text), ...urls, ...lowerUrls, json, ascii, json.replaceAll("/", "\\/"), shell];
}

/** Also as part of a longer text (`user:secret`): there its letters depend on where it starts, modulo 3. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const inner = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const ragged = (offset + bytes.length) % 3 === 0 ? 0 : 1;
    return encoded.slice(Math.ceil((offset * 8) / 6), encoded.length - ragged);
  });
  const plain = bytes.toString("base64");
  const forms = [plain, plain.replace(/=+$/, ""), ...inner];
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

/**
 * Text from outside as a terminal may get it: tabs and line ends as they are, other control characters
 * and those that turn the direction of writing as `\x1b`, `\u202e`.
 */
export function showSafe(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escaped);
}

function escaped(char: string): string {
  const code = char.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
}
