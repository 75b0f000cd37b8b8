/**
 * The syntax of expressions, on top of jsep: tokens, precedence, fields and calls are its own; words as
 * operators, dashes in names, `${…}` and strict lists are ours.
 */
import { ExpressionError, unexpected } from "./expression-error.ts";
import { Jsep, withSettings } from "./jsep.ts";

/** A node as the parser leaves it; narrow.ts decides what it may be. */
export type Tree = { type: string; offset?: number; [key: string]: unknown };

/** Reads one expression from `start`; `end` is the first character behind it that is no blank. */
export function readTree(text: string, start: number): { tree: Tree; end: number } {
  return withSettings(settings, () => {
    const grammar = new Grammar(text);
    grammar.index = start;
    return { tree: grammar.operand(), end: grammar.index };
  });
}

const settings = {
  binary_ops: {
    ...{ "||": 1, "&&": 2, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7, in: 7 },
    ...{ "+": 9, "-": 9, "*": 10, "/": 10, "%": 10 },
  },
  unary_ops: { "!": 1, "-": 1 },
  max_unop_len: 1,
  right_associative: new Set<string>(),
  additional_identifier_chars: new Set(["_"]),
  literals: { true: true, false: false, null: null },
  this_str: "",
  hooks: {},
};

const deepest = 200;
const name = /[\p{L}_][\p{L}\p{N}\p{M}_]*(?:-+[\p{L}\p{N}\p{M}_]+)*/uy;
const binaryOperator = /(?:AND|OR|in)(?![\p{L}\p{N}\p{M}_-])|&&|\|\||[=!]=|[<>]=?|[-+*/%]/uy;
const infix = /(?:AND|OR|in)(?![\p{L}\p{N}\p{M}_-])/uy;
const not = /NOT(?![\p{L}\p{N}\p{M}_-])/uy;
const words = new Map([
  ["AND", "&&"],
  ["OR", "||"],
]);
/** Any other backslash stays: `'\d'` is what a pattern needs. */
const escapes = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
]);

class Grammar extends Jsep {
  #depth = 0;
  /** Inside the operand of NOT, which ends at AND and OR. */
  #negated = false;

  /** An expression where there must be one. */
  operand(): Tree {
    const tree = this.gobbleExpression();
    if (!tree) throw unexpected(this.expr, this.index);
    return tree;
  }

  override gobbleExpression(): Tree | false {
    const outer = this.#negated;
    this.#negated = false;
    const tree = this.#nested(() => this.#choice(this.gobbleBinaryExpression()));
    this.#negated = outer;
    return tree;
  }

  #choice(test: Tree | false): Tree | false {
    this.gobbleSpaces();
    if (!test || this.char !== "?") return test;
    this.index++;
    const consequent = this.operand();
    this.#expect(":");
    return { type: "ConditionalExpression", test, consequent, alternate: this.operand() };
  }

  override gobbleToken(): Tree | false {
    this.gobbleSpaces();
    const offset = this.index;
    const tree = this.#nested(() => {
      if (this.expr.startsWith("${", offset)) return this.gobbleTokenProperty(this.#placeholder());
      if (this.#match(infix) !== undefined) throw unexpected(this.expr, offset);
      return this.#match(not) === undefined ? super.gobbleToken() : this.#negation();
    });
    if (tree) tree.offset ??= offset;
    return tree;
  }

  /** NOT holds for the comparison that follows it, as in SQL; `!` for the next operand alone. */
  #negation(): Tree {
    const outer = this.#negated;
    this.#negated = true;
    const argument = this.gobbleBinaryExpression();
    this.#negated = outer;
    if (!argument) throw unexpected(this.expr, this.index);
    return { type: "UnaryExpression", operator: "!", argument };
  }

  #placeholder(): Tree {
    this.index += 2;
    const tree = this.operand();
    this.#expect("}");
    return tree;
  }

  override gobbleBinaryOp(): string | false {
    this.gobbleSpaces();
    const start = this.index;
    const written = this.#match(binaryOperator);
    if (written === undefined) return false;
    const operator = words.get(written) ?? written;
    if (!this.#negated || (operator !== "&&" && operator !== "||")) return operator;
    this.index = start;
    return false;
  }

  override gobbleIdentifier(): Tree {
    const found = this.#match(name);
    if (found === undefined) throw unexpected(this.expr, this.index);
    return { type: "Identifier", name: found };
  }

  override gobbleStringLiteral(): Tree {
    const start = this.index;
    const quote = this.char;
    const parts: Tree[] = [];
    let text = "";
    for (this.index++; this.char !== quote; ) {
      if (this.index >= this.expr.length) throw new ExpressionError("this quote is never closed", start);
      if (this.expr.startsWith("$${", this.index)) {
        text += "${";
        this.index += 3;
      } else if (this.expr.startsWith("${", this.index)) {
        parts.push({ type: "Literal", value: text }, this.#placeholder());
        text = "";
      } else text += this.#character();
    }
    this.index++;
    const rest = { type: "Literal", value: text };
    return parts.length === 0 ? rest : { type: "Text", parts: [...parts, rest].filter((part) => part.value !== "") };
  }

  #character(): string {
    const character = this.expr.charAt(this.index++);
    if (character !== "\\") return character;
    const escaped = escapes.get(this.char);
    if (escaped !== undefined) this.index++;
    return escaped ?? character;
  }

  /** Commas between, none behind the last: jsep would take blanks and holes as well. */
  override gobbleArguments(end: number): Tree[] {
    const found: Tree[] = [];
    for (this.gobbleSpaces(); this.code !== end; this.gobbleSpaces()) {
      if (found.length > 0) this.#expect(this.char === "," ? "," : String.fromCharCode(end));
      found.push(this.operand());
    }
    this.index++;
    return found;
  }

  override gobbleGroup(): Tree {
    this.index++;
    const tree = this.operand();
    this.#expect(")");
    return tree;
  }

  override throwError(): never {
    throw unexpected(this.expr, this.index);
  }

  #expect(character: string): void {
    this.gobbleSpaces();
    if (this.char !== character) {
      const { message, offset, hint } = unexpected(this.expr, this.index);
      throw new ExpressionError(`${message}, expected ${character}`, offset, hint);
    }
    this.index++;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.index;
    const [found] = pattern.exec(this.expr) ?? [];
    this.index += found?.length ?? 0;
    return found;
  }

  #nested(read: () => Tree | false): Tree | false {
    if (this.#depth >= deepest) throw new ExpressionError("the expression is nested too deeply", this.index);
    this.#depth++;
    const tree = read();
    this.#depth--;
    return tree;
  }
}
