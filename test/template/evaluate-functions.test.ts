import { describe, expect, test } from "bun:test";
import type { Value } from "../../src/core/value.ts";
import { evaluate, holds } from "../../src/template/evaluate.ts";
import { parseExpression } from "../../src/template/expression.ts";
import { functions } from "../../src/template/functions.ts";
import { refusal, scopeWith, value } from "./scope-for-tests.ts";

describe("names that are not set", () => {
  const told = (text: string, condition = false) => {
    const seen: string[] = [];
    const onUnset = (source: string, compared: boolean) => void seen.push(compared ? `?${source}` : source);
    (condition ? holds : evaluate)(parseExpression(text), scopeWith({ set: "x" }), onUnset);
    return seen;
  };
  const cases: [string, string[]][] = [
    ["a", ["a"]],
    ["a.b['c d']", ["a.b['c d']"]],
    ["steps.x.value", ["steps.x.value"]],
    ["env.NONE", ["env.NONE"]],
    ["secret('NONE')", ["secret('NONE')"]],
    ["'/data/' + a", ["a"]],
    ["'/data/${a}'", ["a"]],
    ["upper(a)", ["a"]],
    ["[a, set]", ["a"]],
    ["set[a]", ["a", "set[a]"]],
    ["a || ''", []],
    ["upper(a) || ''", []],
    ["'/data/' + a || ''", ["a"]],
    ["default(a, '')", []],
    ["a || b", ["b"]],
    ["a == 'x' ? 'y' : 'z'", ["?a"]],
    ["contains(a, 'x')", ["?a"]],
    ["set ? set : a", []],
  ];
  for (const [text, expected] of cases) {
    test(`in ${text}: ${expected.join(", ") || "none"} told`, () => expect(told(text)).toEqual(expected));
  }

  test("a condition only tests what it is about", () => {
    expect(told("a AND b", true)).toEqual(["?a"]);
    expect(told("a", true)).toEqual(["?a"]);
    expect(told("a || b", true)).toEqual(["?b"]);
    expect(holds(parseExpression("a OR set"), scopeWith({ set: "x" }))).toBe(true);
  });
});

describe("functions", () => {
  const cases: [string, Value | undefined][] = [
    ["default(unset, 'x')", "x"],
    ["default('', 'x')", "x"],
    ["default(off, true)", false],
    ["default(zero, 1)", 0],
    ["lower('AbÄ')", "abä"],
    ["upper('abä')", "ABÄ"],
    ["trim(' a \n')", "a"],
    ["lower(unset)", ""],
    ["lower(three)", "3"],
    ["join(['a', 1, null, 'b'], '-')", "a-1--b"],
    ["join(list)", "b, a, 10, 9"],
    ["join(none, ',')", ""],
    ["split('a,b,,c', ',')", ["a", "b", "", "c"]],
    ["split('  a  b\tc ')", ["a", "b", "c"]],
    ["split('', ',')", []],
    ["split('a\nb', '\n')", ["a", "b"]],
    ["replace('a.b.c', '.', '-')", "a-b-c"],
    ["replace('x', 'x', '$& $1 $$')", "$& $1 $$"],
    ["replace('abc', '', '-')", "abc"],
    ["contains('abc', 'b')", true],
    ["contains(['a', 3], '3')", true],
    ["contains(state, 'status')", true],
    ["contains(state, 'constructor')", false],
    ["contains(unset, 'a')", false],
    ["startsWith('abc', 'ab')", true],
    ["endsWith('abc', 'ab')", false],
    ["matches('v1.2.3', '^v\\d+\\.')", true],
    ["matches('Error: x', '/^error/i')", true],
    ["matches('abc', '^b')", false],
    ["matches('/usr/bin', '/usr/bin')", true],
    ["json(state.nested)", '{"deep":[{"x":1}]}'],
    ["json(unset)", "null"],
    ["parseJson('{\"a\": [1, null]}').a[0]", 1],
    ["keys(state.nested)", ["deep"]],
    ["keys(unset)", []],
    ["values(state.nested.deep[0])", [1]],
    ["sort(['b', 'a', 'B'])", ["B", "a", "b"]],
    ["sort([10, 9, '8'])", ["8", 9, 10]],
    ["sort(['10', '9', 'x'])", ["10", "9", "x"]],
    ["unique([1, '1', 1, [1], [1]])", [1, "1", [1]]],
    ["round(2.5)", 3],
    ["round(-2.5)", -3],
    ["round(1.005, 2)", 1.01],
    ["round('3.14159', 2)", 3.14],
    ["round(0.0000001, 3)", 0],
    ["round(1e15)", 1e15],
    ["basename('/a/b.tar.gz')", "b.tar.gz"],
    ["dirname('/a/b.tar.gz')", "/a"],
    ["dirname('')", ""],
    ["urlencode('a b&c/ä!*')", "a%20b%26c%2F%C3%A4%21%2A"],
    ['shellquote("it\'s")', "'it'\\''s'"],
    ["shellquote(['a b', '$x'])", "'a b' '$x'"],
    ["shellquote('')", "''"],
    ["now()", "2024-05-06T07:08:09.000Z"],
    ["date()", "2024-05-06"],
    ["date('%Y%m%d-%H%M%S')", "20240506-070809"],
    ["date('+%F %T %%')", "2024-05-06 07:08:09 %"],
    ["date('%s')", "1714979289"],
    ["date('%F', 0)", "1970-01-01"],
    ["date('%F %T', '2024-01-02 03:04')", "2024-01-02 03:04:00"],
    ["date('%T', '2024-01-02T03:04:05+02:00')", "01:04:05"],
    ["raw(name)", "web"],
  ];
  for (const [text, expected] of cases) {
    test(`${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () =>
      expect(value(text)).toEqual(expected as Value));
  }

  test("every function of the language is here", () => {
    expect(Object.keys(functions).sort()).toEqual(
      (
        "basename contains date default dirname endsWith env join json keys lower matches now parseJson raw " +
        "replace round secret shellquote sort split startsWith trim unique upper urlencode values"
      ).split(" "),
    );
  });

  test("wrong values are refused", () => {
    expect(refusal("lower(list)")).toBe("E_TYPE in lower(list): takes text, not a list");
    expect(refusal("join(name)")).toBe("E_TYPE in join(name): takes a list, not text");
    expect(refusal("keys(list)")).toBe("E_TYPE in keys(list): takes a mapping, not a list");
    expect(refusal("sort([1, 'a'])")).toBe("E_TYPE in sort([1, 'a']): takes a list of texts or a list of numbers");
    expect(refusal("round(name)")).toBe("E_TYPE in round(name): takes a number, not text");
    expect(refusal("parseJson('{')")).toBe("E_TYPE in parseJson('{'): is given text that is no JSON");
    expect(refusal("parseJson('{\"__proto__\": 1}')")).toContain("is given text that is no JSON");
    expect(refusal("matches('a', '(')")).toContain("is given a pattern that RE2 does not accept");
    expect(refusal("matches('a', '(?=a)')")).toContain("is given a pattern that RE2 does not accept");
    expect(refusal("date('%Q')")).toContain("does not know %Q");
    expect(refusal("date('%F', 'soon')")).toContain("is given a moment that is neither");
    expect(refusal("urlencode(x)", scopeWith({ x: "\ud800" }))).toContain("is not well-formed Unicode");
    expect(refusal("shellquote(x)", scopeWith({ x: "a\0" }))).toContain("NUL");
  });

  test("a pattern with nested repetition is matched in linear time", () => {
    expect(value(`matches('${"a".repeat(5000)}!', '^(a+)+$')`)).toBe(false);
  });
});
