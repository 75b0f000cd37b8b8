import { expect, test } from "bun:test";
import { ExpressionError } from "../../src/template/expression.ts";
import { formatExpression } from "../../src/template/format-expression.ts";
import { parseText, wholeExpression } from "../../src/template/text.ts";

const taken = (text: string) =>
  parseText(text).map((part) => (part.kind === "literal" ? part.text : [formatExpression(part.expression)]));

function faultOf(text: string): Pick<ExpressionError, "message" | "offset" | "hint"> {
  try {
    parseText(text);
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    const { message, offset, hint } = thrown;
    return { message, offset, hint };
  }
  throw new Error(`${text} was read`);
}

test("text is taken apart into what the author wrote and placeholders", () => {
  expect(taken("")).toEqual([]);
  expect(taken("plain $ {x} $x $(y)")).toEqual(["plain $ {x} $x $(y)"]);
  expect(taken("a${x}b${ y.z }")).toEqual(["a", ["x"], "b", ["y.z"]]);
  expect(taken("${x}${y}")).toEqual([["x"], ["y"]]);
});

test("braces and quotes inside a placeholder don't end it", () => {
  expect(taken("<${x == '}' ? \"${y}\" : 'it\\'s }'}>")).toEqual(["<", ["(x == '}') ? '${y}' : 'it\\'s }'"], ">"]);
  expect(taken("${a['}']}}")).toEqual([["a['}']"], "}"]);
});

test("a doubled dollar sign writes a literal ${", () => {
  expect(taken("$${x}")).toEqual(["${x}"]);
  expect(taken("a$${b}${c}$${d}")).toEqual(["a", "${b}", ["c"], "${d}"]);
  expect(taken("$$${x}")).toEqual(["$", "${x}"]);
  expect(taken("$${${x}")).toEqual(["${", ["x"]]);
  expect(taken("${x}$")).toEqual([["x"], "$"]);
});

test("parts know their place, placeholders their source", () => {
  const text = "ab$${ ${ x } ${'y'}c";
  const parts = parseText(text);
  expect(parts.map((part) => part.offset)).toEqual([0, 3, 6, 12, 13, 19]);
  for (const part of parts) {
    if (part.kind === "literal") expect(text.slice(part.offset).startsWith(part.text)).toBe(true);
    else expect(text.slice(part.offset, part.end)).toStartWith("${");
  }
  expect(parts.flatMap((part) => (part.kind === "expression" ? [part.source, part.expression.offset] : []))).toEqual([
    "x",
    9,
    "'y'",
    15,
  ]);
});

test("only a text that is exactly one placeholder is a whole expression", () => {
  expect(wholeExpression("${x}")).toEqual({ type: "name", name: "x", offset: 2 });
  for (const text of ["", "x", " ${x}", "${x} ", "${x}${y}", "$${x}"]) expect(wholeExpression(text)).toBeUndefined();
});

test("faults say where, and what a shell's own ${ looks like", () => {
  const hint = "A ${ that is not meant for GARZA is written $${.";
  expect(faultOf("echo ${x")).toEqual({ message: "this ${ is never closed", offset: 5, hint });
  expect(faultOf("echo ${HOME:-/root}")).toEqual({ message: 'unexpected ":"', offset: 11, hint });
  expect(faultOf("echo ${}")).toEqual({ message: 'unexpected "}"', offset: 7, hint });
  expect(faultOf("${#list}")).toEqual({ message: 'unexpected "#"', offset: 2, hint });
  expect(faultOf("ok ${x} ${'a}")).toEqual({ message: "this quote is never closed", offset: 10, hint });
  expect(faultOf("${lowr(x)}").hint).toBe("Did you mean lower?");
});

test("a long text costs no stack and little time", () => {
  expect(parseText("${x}-".repeat(50_000))).toHaveLength(100_000);
  expect(faultOf(`\${${"(".repeat(200_000)}`).message).toBe("the expression is nested too deeply");
  expect(faultOf(`\${a${" + a".repeat(100_000)}}`).message).toBe("the expression is longer than 16384 characters");
});
