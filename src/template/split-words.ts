/** How `sh` would split a command into words, with nothing expanded: quotes, backslashes, comments. */
import { ExpressionError } from "./expression-error.ts";
import { addToken, type Placeholder, type Token, tokensOf } from "./text.ts";

export type Word = {
  parts: (string | Placeholder)[];
  /** Some of it stands in quotes, or behind a backslash. */
  quoted: boolean;
};

/** Throws `ExpressionError` for what has no meaning without a shell, and for quotes that are never closed. */
export function splitWords(text: string): Word[] {
  return new Splitter(tokensOf(text)).split();
}

class Splitter {
  readonly #tokens: Token[];
  #at = 0;
  #word: Word | undefined;
  readonly #words: Word[] = [];
  /** Of the command's line: blank ones and comments may follow, another word would be another command. */
  #lineEnd: number | undefined;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  split(): Word[] {
    for (let next = this.#next(); next; next = this.#next()) this.#unquoted(next);
    this.#end();
    return this.#words;
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #unquoted({ token, offset }: Token): void {
    if (token === " " || token === "\t") this.#end();
    else if (token === "\n") this.#newline(offset);
    else if (token === "#" && !this.#word) this.#comment();
    else if (token === "'") this.#singleQuotes(offset);
    else if (token === '"') this.#doubleQuotes(offset);
    else if (token === "\\") this.#backslash(offset);
    else if (typeof token === "string" && "&|;<>()`\0".includes(token)) throw noShell(token, offset);
    else this.#add(token);
  }

  #newline(offset: number): void {
    this.#end();
    if (this.#words.length > 0) this.#lineEnd ??= offset;
  }

  #comment(): void {
    while (this.#at < this.#tokens.length && this.#tokens[this.#at]?.token !== "\n") this.#at++;
  }

  #singleQuotes(open: number): void {
    for (const token of this.#until("'", open)) this.#add(token, true);
  }

  #doubleQuotes(open: number): void {
    for (const token of this.#until('"', open)) {
      const next = this.#tokens[this.#at];
      if (token !== "\\" || !next) this.#add(token, true);
      else if (typeof next.token !== "string") throw gluedBackslash(next.offset - 1);
      else if (!'$`"\\\n'.includes(next.token)) this.#add(token, true);
      else {
        this.#at++;
        if (next.token !== "\n") this.#add(next.token, true);
      }
    }
  }

  *#until(quote: string, open: number): Generator<string | Placeholder> {
    this.#add("", true);
    for (;;) {
      const next = this.#next();
      if (!next) throw new ExpressionError("this quote is never closed", open, undefined, "E_UNTERMINATED_QUOTE");
      if (next.token === quote) return;
      yield next.token;
    }
  }

  #backslash(offset: number): void {
    const next = this.#next();
    if (!next) throw new ExpressionError("a backslash at the end", offset, undefined, "E_TRAILING_BACKSLASH");
    if (typeof next.token !== "string") throw gluedBackslash(offset);
    if (next.token !== "\n") this.#add(next.token, true);
  }

  #add(token: string | Placeholder, quoted = false): void {
    if (!this.#word && this.#lineEnd !== undefined) throw secondCommand(this.#lineEnd);
    this.#word ??= { parts: [], quoted: false };
    this.#word.quoted ||= quoted;
    if (token !== "") addToken(this.#word.parts, token);
  }

  #end(): void {
    if (this.#word) this.#words.push(this.#word);
    this.#word = undefined;
  }
}

const several = "Several commands are listed under commands:";

const secondCommand = (offset: number) =>
  new ExpressionError("another command begins on a new line", offset, several, "E_SYNTAX");

const gluedBackslash = (offset: number) =>
  new ExpressionError("a backslash stands right before a value", offset, "A literal ${ is written $${.", "E_BACKSLASH");

function noShell(character: string, offset: number): ExpressionError {
  const hint = `This runs without a shell: in quotes the character stands for itself. ${several}`;
  return new ExpressionError(`unexpected ${JSON.stringify(character)} outside quotes`, offset, hint, "E_SYNTAX");
}
