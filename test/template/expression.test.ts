import { describe, expect, test } from "bun:test";
import jsep from "jsep";
import { ExpressionError, parseExpression } from "../../src/template/expression.ts";
import { formatExpression } from "../../src/template/format-expression.ts";
import { isRaw, references } from "../../src/template/references.ts";

const shown = (text: string) => formatExpression(parseExpression(text));

function faultOf(text: string): { message: string; offset: number; hint: string | undefined } {
  try {
    parseExpression(text);
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    const { message, offset, hint } = thrown;
    return { message, offset, hint };
  }
  throw new Error(`${text} was read`);
}

describe("what an expression means", () => {
  const spellings: [string, string][] = [
    ["a AND b OR NOT c", "a && b || !c"],
    ["${platform} == 'fly.io' AND ${auto_rollback} == true", "platform == 'fly.io' && auto_rollback == true"],
    ["a OR b AND c", "a || (b && c)"],
    ["NOT a == b AND c", "!(a == b) && c"],
    ["NOT NOT a", "!!a"],
    ["NOT (a == b)", "!(a == b)"],
    ["x == NOT y", "x == !y"],
    ["!a == b", "(!a) == b"],
    ["a + b * c - d", "(a + (b * c)) - d"],
    ["a < 1 == b in c", "(a < 1) == (b in c)"],
    ["a ? b : c ? d : e", "a ? b : (c ? d : e)"],
    ["a || b ? c : d", "(a || b) ? c : d"],
    ["a['b'].c[0][i]", 'a.b["c"][0][i]'],
    ["x[ 'a b' ]", "x['a b']"],
    ["${x}.y", "x.y"],
    ["${ ${x} }", "x"],
    ['"it\'s"', "'it\\'s'"],
    ["service-name == a-1-b", "(service-name) == (a-1-b)"],
    ["a\n  &&\tb", "a && b"],
    ["'${a}${b}-c'", '"${ a }${ b }-c"'],
    ["'$${HOME}'", '"$${HOME}"'],
    ["'}' + \"'\"", "'}' + '\\''"],
    ["x in [1, 'a', [true]]", "(x) in ([1,'a',[true]])"],
  ];
  for (const [one, other] of spellings) {
    test(`${JSON.stringify(one)} is read as ${JSON.stringify(other)}`, () => {
      expect(shown(one)).toBe(shown(other));
    });
  }

  test("a dash inside a name belongs to it; minus stands between blanks", () => {
    expect(shown("a-b")).toBe("a-b");
    expect(parseExpression("a-b")).toEqual({ type: "name", name: "a-b", offset: 0 });
    expect(parseExpression("a - b").type).toBe("binary");
    expect(parseExpression("a -1").type).toBe("binary");
    expect(parseExpression("5-3").type).toBe("binary");
    expect(parseExpression("steps.health-check.exit_code")).toMatchObject({ of: { name: "health-check" } });
  });

  test("words that only begin like an operator are names", () => {
    expect(shown("index in ANDROID")).toBe("index in ANDROID");
    expect(shown("NOTE AND ORder")).toBe("NOTE && ORder");
    expect(shown("a.in.AND")).toBe("a.in.AND");
  });

  test("every node knows where it begins", () => {
    const read = parseExpression("  a.b == lower( 'x${ c }' )");
    expect(read).toEqual({
      type: "binary",
      operator: "==",
      offset: 2,
      left: { type: "member", of: { type: "name", name: "a", offset: 2 }, name: "b", offset: 2 },
      right: {
        type: "call",
        name: "lower",
        offset: 9,
        arguments: [
          {
            type: "text",
            offset: 16,
            parts: [
              { type: "literal", value: "x", offset: 16 },
              { type: "name", name: "c", offset: 21 },
            ],
          },
        ],
      },
    });
  });

  test("backslashes stay in quotes, but before n, r, t, quotes and themselves", () => {
    expect(parseExpression("'\\d+\\.\\n\\\\\\''")).toEqual({ type: "literal", value: "\\d+\\.\n\\'", offset: 0 });
  });
});

describe("what is refused", () => {
  const faults: [string, string, number, string?][] = [
    ["", "the expression ends too early", 0],
    ["a b", 'unexpected "b"', 2],
    ["a and b", 'unexpected "and"', 2, "Write AND or &&."],
    ["a = b", 'unexpected "="', 2, "Equality is written ==."],
    ["a === b", 'unexpected "="', 4, "Equality is written ==."],
    ["a | lower", 'unexpected "|"', 2, "Write || or OR; functions are called like default(x, 'y')."],
    ["a; b", 'unexpected ";"', 1],
    ["a, b", 'unexpected ","', 1],
    ["(a, b)", 'unexpected ",", expected )', 2],
    ["()", 'unexpected ")"', 1],
    ["(a", "the expression ends too early, expected )", 2],
    ["[1,]", 'unexpected "]"', 3],
    ["[,1]", 'unexpected ","', 1],
    ["[1 2]", 'unexpected "2", expected ]', 3],
    ["lower('a' 'b')", 'unexpected "\'", expected )', 10],
    ["'abc", "this quote is never closed", 0],
    ["'a${b'", 'unexpected "\'", expected }', 5],
    ["AND a", 'unexpected "AND"', 0],
    ["a == in", 'unexpected "in"', 5],
    ["NOT", "the expression ends too early", 3],
    ["1 +", "the expression ends too early", 3],
    ["1abc", 'unexpected "abc"', 1],
    ["a[1", "the expression ends too early", 3],
    ["a.b()", "only functions can be called", 0],
    ["'a'()", "only functions can be called", 0],
    ["lowr(a)", "there is no function lowr", 0, "Did you mean lower?"],
    ["constructor(a)", "there is no function constructor", 0],
    ["lower()", "lower takes 1 argument, not 0", 0, "lower(text)"],
    ["1 + lower(a, b)", "lower takes 1 argument, not 2", 4, "lower(text)"],
    ["a?.b", "unexpected ?.", 0, "A field of empty is empty: write a plain dot."],
    ["a ? b", "the expression ends too early, expected :", 5],
    ["`a`", 'unexpected "`"', 0],
    ["{a: 1}", 'unexpected "{"', 0],
    ["a => 1", 'unexpected "="', 2, "Equality is written ==."],
    ["a & b", 'unexpected "&"', 2, "Write && or AND."],
    ["~a", 'unexpected "~"', 0],
    ["a ** b", 'unexpected "*"', 3],
    ["9007199254740993", "this number is too large to be kept exactly", 0, "Write it as text, in quotes."],
    ["$x", 'unexpected "$"', 0],
  ];
  for (const [text, message, offset, hint] of faults) {
    test(`${JSON.stringify(text)}: ${message}`, () => {
      expect(faultOf(text)).toEqual({ message, offset, hint });
    });
  }

  test("depth and length have limits, and none of them is the stack", () => {
    const deep = "the expression is nested too deeply";
    expect(faultOf("(".repeat(200_000)).message).toBe("the expression is longer than 16384 characters");
    for (const opening of ["(", "[", "!", "-", "NOT ", "a[", "lower(", "'${", "${", "a?"]) {
      expect(faultOf(opening.repeat(2000)).message).toBe(deep);
    }
    expect(faultOf(`a${" + a".repeat(3000)}`).message).toBe(deep);
    expect(faultOf(`a${".b".repeat(3000)}`).message).toBe(deep);
  });
});

test("the parser's own settings are left as they were", () => {
  const before = jsep("a-b | c");
  parseExpression("a-b in [c]");
  expect(() => parseExpression("a | b")).toThrow(ExpressionError);
  expect(jsep("a-b | c")).toEqual(before);
  expect(() => jsep("a in b c")).not.toThrow();
});

describe("references", () => {
  const of = (text: string, condition = false) =>
    references(parseExpression(text), condition).map(
      ({ root, path, compared }) => `${compared ? "?" : ""}${[root, ...path].join(".")}`,
    );
  const cases: [string, string[]][] = [
    ["a", ["a"]],
    ["steps.check.value", ["steps.check.value"]],
    ["steps['check it'].value", ["steps.check it.value"]],
    ["a[0].b", ["a.0.b"]],
    ["a.b[i].c", ["a.b", "i"]],
    ["a == b", ["?a", "?b"]],
    ["a == b ? c : d", ["?a", "?b", "c", "d"]],
    ["a || ''", ["?a"]],
    ["a || b", ["?a", "b"]],
    ["a && b", ["?a", "b"]],
    ["!a", ["?a"]],
    ["a + b > 3", ["a", "b"]],
    ["-a", ["a"]],
    ["default(a, b)", ["?a", "b"]],
    ["lower(a) || 'x'", ["?a"]],
    ["'/data/' + a || 'x'", ["a"]],
    ["'${a}/x' || 'y'", ["a"]],
    ["contains(a, b)", ["?a", "?b"]],
    ["[a, lower(b)]", ["a", "b"]],
    ["lower(a) == 'x'", ["?a"]],
    ["'${a}' == 'x'", ["?a"]],
  ];
  for (const [text, expected] of cases) {
    test(`of ${text}`, () => expect(of(text)).toEqual(expected));
  }

  test("in a condition the result itself is only tested", () => {
    expect(of("a", true)).toEqual(["?a"]);
    expect(of("a AND b == 1", true)).toEqual(["?a", "?b"]);
  });

  test("offsets point at the name", () => {
    expect(references(parseExpression("x == 1 ? lower( name ) : ''")).map(({ offset }) => offset)).toEqual([0, 16]);
  });

  test("raw is seen only when it is the whole", () => {
    expect(isRaw(parseExpression("raw(x)"))).toEqual({ type: "name", name: "x", offset: 4 });
    expect(isRaw(parseExpression("raw(x) + 'a'"))).toBeUndefined();
  });
});
