import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GarzaError } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { ExpressionError } from "../../src/template/expression.ts";
import { checkWords, renderWords } from "../../src/template/words.ts";
import { scopeWith } from "./scope-for-tests.ts";

const refuseUnset = (source: string): never => {
  throw new Error(`needs ${source}`);
};

function words(text: string, x: Value = "X", allowDash?: (source: string) => boolean): string[] {
  return renderWords(text, scopeWith({ x }), refuseUnset, allowDash);
}

function codeOf(text: string, x: Value = "X"): string {
  try {
    words(text, x);
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return thrown.code;
    if (thrown instanceof GarzaError && thrown.problem.kind === "value-refused") return thrown.problem.code;
    throw thrown;
  }
  throw new Error(`${text} was accepted`);
}

describe("splitting", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["git  status\t-s", ["git", "status", "-s"]],
    ["git commit -m 'a \"b\" $c \\d'", ["git", "commit", "-m", 'a "b" $c \\d']],
    ['git commit -m "a \'b\' \\"c\\" \\\\ \\$d \\e"', ["git", "commit", "-m", "a 'b' \"c\" \\ $d \\e"]],
    ["a\\ b\\'c", ["a b'c"]],
    ["a'b'\"c\"d", ["abcd"]],
    ["a '' \"\"", ["a", "", ""]],
    ["git add *.json ~/x $HOME {a,b} a#b", ["git", "add", "*.json", "~/x", "$HOME", "{a,b}", "a#b"]],
    ["git add a # not b", ["git", "add", "a"]],
    ["git add \\\n  a", ["git", "add", "a"]],
    ["# first\n\n git status # why\n\n # done\n", ["git", "status"]],
    ["git log --format='%H;%an'", ["git", "log", "--format=%H;%an"]],
    ["$${x} '$${y}'", ["${x}", "${y}"]],
    ["A=1 'b'\\''c'", ["A=1", "b'c"]],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => expect(words(text)).toEqual(expected));
  }

  test("is what sh does, for quotes, backslashes, blanks and comments", () => {
    const piece = fc.constantFrom(
      "a",
      "b c",
      "'",
      '"',
      "\\",
      " ",
      "\t",
      "#",
      "$",
      "\\\n",
      "é",
      "%",
      "=",
      "''",
      '"x y"',
      "'p q'",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        // Nothing is expanded here; and what follows a comment would not be on the line of the test's own command.
        const expands = /\$[a-z'"#$]/.test(text.replaceAll("\\\n", ""));
        fc.pre(!expands && !/#.*\n/s.test(text) && checkWords(text).length === 0);
        const shell = Bun.spawnSync(["sh", "-c", `set -f; set -- ${text}\nfor w; do printf '%s\\0' "$w"; done`]);
        const expected = shell.stdout.toString().split("\0").slice(0, -1);
        expect(words(text)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe("values", () => {
  const cases: [string, Value, string[]][] = [
    ["git checkout ${x}", "a b; rm -rf /", ["git", "checkout", "a b; rm -rf /"]],
    ["git commit -m 'Deploy ${x}'", "it's $HOME `id`", ["git", "commit", "-m", "Deploy it's $HOME `id`"]],
    ['git commit -m "Deploy ${x}"', '" -c "', ["git", "commit", "-m", 'Deploy " -c "']],
    ["git tag v${x}.1", "1 2\n3", ["git", "tag", "v1 2\n3.1"]],
    ["git add ${x}", ["a b", "c"], ["git", "add", "a b", "c"]],
    ["git add ${x}", [], ["git", "add"]],
    ['git add "${x}" p${x}', ["a", "b"], ["git", "add", "a, b", "pa, b"]],
    ["git add ${x}", "", ["git", "add", ""]],
    ["git show ${x}", 12, ["git", "show", "12"]],
    ["git show ${x}", { a: 1 }, ["git", "show", '{"a":1}']],
    ["git show ${x}", "${x} $${x} $&", ["git", "show", "${x} $${x} $&"]],
    ["git show '${x == '}' ? 'a' : 'b'}'", "}", ["git", "show", "a"]],
  ];
  for (const [text, value, expected] of cases) {
    test(`${JSON.stringify(value)} in ${text}`, () => expect(words(text, value)).toEqual(expected));
  }

  test("stay inside their word, whatever they hold", () => {
    const templates = ["git a ${x} b", "git 'a ${x}' b", 'git "a ${x}"${x} b', "git a\\ ${x}'c' b", "git -- ${x}"];
    fc.assert(
      fc.property(fc.constantFrom(...templates), fc.string({ unit: "grapheme" }), (template, value) => {
        fc.pre(!value.startsWith("-") && !value.includes("\0") && value.isWellFormed());
        expect(words(template, value)).toEqual(
          words(template, "PLAIN").map((word) => word.replaceAll("PLAIN", () => value)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("that begin with a dash don't become options", () => {
    for (const text of ["git ${x}", "git '${x}'", "git ''${x}", "git ${''}${x}", "git ${x}y", "git ${x} -- b"]) {
      expect(codeOf(text, "-rf")).toBe("E_LEADING_DASH");
    }
    expect(codeOf("git ${x}", ["a", "--force"])).toBe("E_LEADING_DASH");
    expect(codeOf("git ${x}", "--")).toBe("E_LEADING_DASH");
    expect(words("git -- ${x} a", "-rf")).toEqual(["git", "--", "-rf", "a"]);
    expect(words("git '--' ${x}", ["-a", "-b"])).toEqual(["git", "--", "-a", "-b"]);
    expect(words("git --name=${x} a${x}", "-rf")).toEqual(["git", "--name=-rf", "a-rf"]);
    expect(words("git log ${x}", -3)).toEqual(["git", "log", "-3"]);
    expect(words("git ${x}", "--all", (source) => source === "x")).toEqual(["git", "--all"]);
    expect(() => words("git ${ x }", "-f", (source) => source === "y")).toThrow(
      "E_LEADING_DASH in x: the value begins with - and would be read as an option\n  Write -- ${x}",
    );
  });

  test("a value that says -- guards nothing", () => {
    expect(() => words("git ${x} ${y}", "--", (source) => source === "x")).toThrow("needs y");
    const scope = scopeWith({ x: "--", y: "-f" });
    expect(() => renderWords("git ${x} ${y}", scope, refuseUnset, (source) => source === "x")).toThrow(
      "E_LEADING_DASH in y",
    );
  });

  test("that no program can be given are refused", () => {
    expect(codeOf("git ${x}", "a\0b")).toBe("E_NUL");
    expect(codeOf("git ${x}", "a\ud800")).toBe("E_UTF8");
    expect(codeOf("git ${x}", "a".repeat(65_537))).toBe("E_TOO_LONG");
    expect(codeOf("git ${x}", ["a", "é".repeat(32_769)])).toBe("E_TOO_LONG");
    expect(words("git ${x}", "a".repeat(65_536))[1]).toHaveLength(65_536);
  });

  test("that are not set are told; null is not set, the empty text is", () => {
    expect(() => words("git ${host}")).toThrow("needs host");
    expect(() => words("git 'a${steps.s.value}'")).toThrow("needs steps.s.value");
    expect(() => words("git ${x}", null)).toThrow("needs x");
    expect(words("git ${host || ''} ${default(x, '')}", null)).toEqual(["git", "", ""]);
  });
});

describe("checkWords", () => {
  const faults: [string, string, number][] = [
    ["git commit -m 'a", "E_UNTERMINATED_QUOTE", 14],
    ['git "a${x}', "E_UNTERMINATED_QUOTE", 4],
    ["git a\\", "E_TRAILING_BACKSLASH", 5],
    ["git \\${x}", "E_BACKSLASH", 4],
    ['git "\\${x}"', "E_BACKSLASH", 5],
    ["git add a && git commit", "E_SYNTAX", 10],
    ["git log | head", "E_SYNTAX", 8],
    ["git log > x", "E_SYNTAX", 8],
    ["git a; b", "E_SYNTAX", 5],
    ["git $(id)", "E_SYNTAX", 5],
    ["git `id`", "E_SYNTAX", 4],
    ["git add a\ngit commit", "E_SYNTAX", 9],
    ["git add a\n${x}", "E_SYNTAX", 9],
    ["git ${x", "expression", 4],
  ];
  for (const [text, code, offset] of faults) {
    test(`${JSON.stringify(text)}: ${code}`, () => {
      expect(checkWords(text).map((fault) => [fault.code, fault.offset])).toEqual([[code, offset]]);
      expect(() => words(text)).toThrow(ExpressionError);
    });
  }

  test("finds nothing where nothing is wrong", () => expect(checkWords("git commit -m '${x}; done'")).toEqual([]));
});
