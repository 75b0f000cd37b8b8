import { expect, test } from "bun:test";
import fc from "fast-check";
import { GarzaError } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { evaluate } from "../../src/template/evaluate.ts";
import { type Expression, ExpressionError, parseExpression } from "../../src/template/expression.ts";
import { formatExpression } from "../../src/template/format-expression.ts";
import { interpolate } from "../../src/template/interpolate.ts";
import { references } from "../../src/template/references.ts";
import { parseText } from "../../src/template/text.ts";
import { scopeWith } from "./scope-for-tests.ts";

const pieces = fc
  .array(
    fc.constantFrom(
      ..."a b-c x.y 1 .5 2e3 '' 'q' \"r\" ' \" ( ) [ ] { } ${ } , . : ? ?. ; == = != < <= in AND OR NOT && || ! + - * / % lower( default( raw( true null \\ $ # ` é \0".split(
        " ",
      ),
      " ",
      "\n",
    ),
    { maxLength: 14 },
  )
  .map((list) => list.join(""));
const text = fc.oneof(pieces, pieces, fc.string({ unit: "binary" }));

const tree: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression; chain: Expression }>((tie) => {
  const inner = tie("tree");
  const node = <Fields extends object>(fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> }) =>
    fc.record(fields).map((made) => ({ ...made, offset: 0 })) as unknown as fc.Arbitrary<Expression>;
  const name = fc.constantFrom("a", "b-c", "env", "steps", "lock", "list", "constructor", "__proto__", "x1");
  const word = fc.oneof(name, fc.string({ unit: fc.constantFrom("a", "'", "\\", "$", "{", "}", "\n", "n", " ") }));
  const literal = fc.oneof(fc.constantFrom(null, true, false, 0, 2.5, 1e-7), word);
  return {
    chain: node({ type: fc.constant("name"), name }),
    tree: fc.oneof(
      { maxDepth: 4, depthIdentifier: "tree" },
      node({ type: fc.constant("literal"), value: literal }),
      tie("chain"),
      node({ type: fc.constant("member"), of: inner, name: word }),
      node({
        type: fc.constant("index"),
        of: inner,
        index: fc.oneof(
          tie("chain"),
          node({ type: fc.constant("unary"), operator: fc.constant("!"), argument: inner }),
        ),
      }),
      node({ type: fc.constant("list"), items: fc.array(inner, { maxLength: 3 }) }),
      node({ type: fc.constant("unary"), operator: fc.constantFrom("!", "-"), argument: inner }),
      node({
        type: fc.constant("binary"),
        operator: fc.constantFrom("==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"),
        left: inner,
        right: inner,
      }),
      node({ type: fc.constant("logical"), operator: fc.constantFrom("&&", "||"), left: inner, right: inner }),
      node({ type: fc.constant("conditional"), test: inner, yes: inner, no: inner }),
      node({
        type: fc.constant("text"),
        parts: tie("chain").map((part) => [{ type: "literal", value: "<", offset: 0 }, part] as Expression[]),
      }),
      fc.oneof(
        node({
          type: fc.constant("call"),
          name: fc.constantFrom("lower", "json", "sort", "raw", "keys"),
          arguments: fc.tuple(inner),
        }),
        node({
          type: fc.constant("call"),
          name: fc.constantFrom("default", "contains", "split"),
          arguments: fc.tuple(inner, inner),
        }),
      ),
    ),
  };
}).tree;

const withoutOffsets = (expression: Expression) =>
  JSON.parse(JSON.stringify(expression, (key, value) => (key === "offset" ? undefined : value))) as Expression;

test("any text is read or is an ExpressionError with a place in it", () => {
  fc.assert(
    fc.property(text, (text) => {
      for (const read of [parseExpression, parseText]) {
        try {
          read(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ExpressionError);
          const { offset } = thrown as ExpressionError;
          expect(offset >= 0 && offset <= text.length).toBe(true);
        }
      }
    }),
    { numRuns: 4000 },
  );
});

test("an expression that is printed reads as the same expression", () => {
  fc.assert(
    fc.property(tree, (expression) => {
      expect(withoutOffsets(parseExpression(formatExpression(expression)))).toEqual(withoutOffsets(expression));
    }),
    { numRuns: 2000 },
  );
});

const names: Record<string, Value> = { "b-c": "text", list: ["b", "a"], x1: { a: { length: 3 }, "'": null } };

test("any expression has a value, or is a problem told to a person", () => {
  const scope = scopeWith(names);
  fc.assert(
    fc.property(tree, (expression) => {
      try {
        const value = evaluate(expression, scope);
        if (value !== undefined) expect(JSON.parse(JSON.stringify({ value }))).toEqual({ value });
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(GarzaError);
      }
    }),
    { numRuns: 3000 },
  );
});

test("what is told as not set when it runs was a needed reference when it was read", () => {
  fc.assert(
    fc.property(tree, (expression) => {
      const needed = new Set(references(expression).flatMap(({ root, compared }) => (compared ? [] : [root])));
      const used: string[] = [];
      try {
        evaluate(expression, scopeWith(names), (source, compared) => {
          if (!compared)
            used.push(...references(parseExpression(source)).flatMap(({ root, compared }) => (compared ? [] : [root])));
        });
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(GarzaError);
      }
      expect(used.filter((root) => !needed.has(root))).toEqual([]);
    }),
    { numRuns: 3000 },
  );
});

test("a text with values in it is the author's text with the values between", () => {
  const author = fc.string().filter((text) => !text.includes("$"));
  fc.assert(
    fc.property(author, fc.string(), author, fc.string(), (before, x, after, y) => {
      const scope = scopeWith({ x, y });
      expect(interpolate(`${before}<\${x}>${after}<\${y}>`, scope, () => {})).toBe(`${before}<${x}>${after}<${y}>`);
      expect(interpolate("${x}", scope, () => {})).toBe(x);
    }),
  );
});
