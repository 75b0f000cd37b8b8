import { forbiddenKeys } from "../core/value.ts";
import { ExpressionError } from "./expression-error.ts";
import { addToken, type Placeholder, type Token, tokensOf } from "./text.ts";

/** An index, every key, or a key in its parts. */
export type Segment = number | { any: true } | (string | Placeholder)[];

/** Throws `ExpressionError`. `*`, `.` and brackets count only where they stand in the text itself. */
export function readStatePath(text: string): Segment[] {
  if (text === ".") return [];
  return new Reader(tokensOf(text), text.length).path();
}

class Reader {
  readonly #tokens: Token[];
  readonly #length: number;
  #at = 0;

  constructor(tokens: Token[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  path(): Segment[] {
    // The first dot may be left out.
    const segments: Segment[] = [this.#take(".") || this.#next() !== "[" ? this.#afterDot() : this.#bracket()];
    while (this.#at < this.#tokens.length) {
      if (this.#take(".")) segments.push(this.#afterDot());
      else segments.push(this.#bracket());
    }
    return segments;
  }

  #afterDot(): Segment {
    if (this.#next() === "[") return this.#bracket();
    const start = this.#offset();
    const parts: (string | Placeholder)[] = [];
    for (let token = this.#next(); token !== undefined && token !== "." && token !== "["; token = this.#next()) {
      if (typeof token === "string" && /[\s\]"'\\]/.test(token)) throw this.#unexpected(quoted);
      addToken(parts, token);
      this.#at++;
    }
    if (parts.length === 0) throw new ExpressionError("a key is missing here", start, quoted);
    if (parts.length === 1 && parts[0] === "*") return { any: true };
    if (parts.some((part) => typeof part === "string" && part.includes("*"))) {
      throw new ExpressionError("* stands for whole keys only", start, 'A key with a star in it is written ["a*"].');
    }
    return allowed(parts, start);
  }

  #bracket(): Segment {
    if (!this.#take("[")) throw this.#unexpected();
    const start = this.#offset();
    const first = this.#next();
    const segment = first === '"' || first === "'" ? allowed(this.#quoted(first), start) : this.#bare();
    if (!this.#take("]")) throw this.#unexpected("This bracket ends with ].");
    return segment;
  }

  #quoted(quote: string): (string | Placeholder)[] {
    const open = this.#offset();
    const parts: (string | Placeholder)[] = [];
    for (this.#at++; !this.#take(quote); this.#at++) {
      const escaped = this.#take("\\");
      const token = this.#next();
      if (token === undefined) throw new ExpressionError("this quote is never closed", open);
      addToken(parts, escaped && typeof token === "string" ? (escapes.get(token) ?? token) : token);
    }
    return parts;
  }

  /** `[0]`, `[*]`, `[${key}]`. */
  #bare(): Segment {
    const first = this.#next();
    if (this.#take("*")) return { any: true };
    if (typeof first === "object") {
      this.#at++;
      return [first];
    }
    let digits = "";
    for (
      let token: string | Placeholder | undefined = first;
      typeof token === "string" && /\d/.test(token);
      token = this.#next()
    ) {
      digits += token;
      this.#at++;
    }
    if (digits === "" || !Number.isSafeInteger(Number(digits))) throw this.#unexpected('Write [0], [*] or ["key"].');
    return Number(digits);
  }

  #next(): string | Placeholder | undefined {
    return this.#tokens[this.#at]?.token;
  }

  #take(character: string): boolean {
    const found = this.#next() === character;
    if (found) this.#at++;
    return found;
  }

  #offset(): number {
    return this.#tokens[this.#at]?.offset ?? this.#length;
  }

  #unexpected(hint?: string): ExpressionError {
    const token = this.#next();
    const found =
      token === undefined
        ? "the path ends too early"
        : `unexpected ${typeof token === "string" ? JSON.stringify(token) : "value"}`;
    return new ExpressionError(found, this.#offset(), hint);
  }
}

const quoted = 'Keys with other characters are written ["a.b"].';
const escapes = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function allowed(parts: (string | Placeholder)[], offset: number): (string | Placeholder)[] {
  const [only] = parts;
  if (parts.length > 1 || typeof only !== "string" || !forbiddenKeys.has(only)) return parts;
  throw new ExpressionError(`${only} can't be a key`, offset);
}
