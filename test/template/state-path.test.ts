import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GarzaError } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { type StatePath, showPath } from "../../src/state/state-path.ts";
import { checkStatePath, renderStatePath } from "../../src/template/state-path-text.ts";
import { scopeWith } from "./scope-for-tests.ts";

const ignore = () => {};
const path = (text: string, x: Value = "X") => renderStatePath(text, scopeWith({ x }), ignore);
const any = { any: true } as const;

describe("a path", () => {
  const cases: [string, StatePath][] = [
    [".fly_apps.garza-home-mcp.status", ["fly_apps", "garza-home-mcp", "status"]],
    ["fly_apps.x", ["fly_apps", "x"]],
    ['.services["a.b"].status', ["services", "a.b", "status"]],
    ['.services[\'a b\']["c\\"d\\\\"]', ["services", "a b", 'c"d\\']],
    ['["a"].b', ["a", "b"]],
    ['.["a"].b', ["a", "b"]],
    [".history[0].status", ["history", 0, "status"]],
    [".items.0", ["items", "0"]],
    [".services.*.status", ["services", any, "status"]],
    [".services[*].status", ["services", any, "status"]],
    ["*", [any]],
    ['.services["*"].status', ["services", "*", "status"]],
    ['["$${x}"]', ["${x}"]],
    [".", []],
  ];
  for (const [text, expected] of cases) {
    test(text, () => expect(path(text)).toEqual(expected));
  }
});

describe("a value in a path", () => {
  const cases: [string, Value, StatePath][] = [
    [".services.${x}.status", "web", ["services", "web", "status"]],
    [".services.${x}.status", "a.b[0].*", ["services", "a.b[0].*", "status"]],
    [".services.${x}.status", "*", ["services", "*", "status"]],
    [".services.${x}.status", '"]', ["services", '"]', "status"]],
    [".services.${x}.status", "${y} $&", ["services", "${y} $&", "status"]],
    [".services.${x}-old.status", "a.b", ["services", "a.b-old", "status"]],
    [".${x}.${x}", "a", ["a", "a"]],
    ["${x}.a", "*", ["*", "a"]],
    ['.services["${x}.io"]', "fly", ["services", "fly.io"]],
    [".services[${x}]", "a.b", ["services", "a.b"]],
    [".history[${x}]", 2, ["history", "2"]],
    [".flags.${x}", true, ["flags", "true"]],
  ];
  for (const [text, value, expected] of cases) {
    test(`${JSON.stringify(value)} in ${text} is one plain key`, () => expect(path(text, value)).toEqual(expected));
  }

  test("is one plain key, whatever it holds", () => {
    const key = fc
      .string({ minLength: 1, unit: "grapheme" })
      .filter((key) => !["__proto__", "constructor", "prototype"].includes(key));
    fc.assert(
      fc.property(key, (x) => {
        expect(path(".a.${x}[0]", x)).toEqual(["a", x, 0]);
        expect(path(`["b\${x}"]`, x)).toEqual([`b${x}`]);
      }),
    );
  });

  const refusals: [string, Value, string][] = [
    [".a.${x}", "", "E_EMPTY in .a.${x}: x is empty and can't be a key"],
    [".a.${x}-b", null, "E_EMPTY in .a.${x}-b: x is empty and can't be a key"],
    [".a.${y}", 1, "E_EMPTY in .a.${y}: y is empty and can't be a key"],
    [".a.${x}", ["b"], "E_KEY in .a.${x}: x is a list and can't be a key"],
    [".a.${x}", "__proto__", "E_KEY in .a.${x}: __proto__ can't be a key"],
    [".a.__${x}__", "proto", "E_KEY in .a.__${x}__: __proto__ can't be a key"],
    ['["${x}"]', "constructor", 'E_KEY in ["${x}"]: constructor can\'t be a key'],
  ];
  for (const [text, value, message] of refusals) {
    test(`is refused: ${message}`, () => {
      expect(() => path(text, value)).toThrow(message);
      expect(() => path(text, value)).toThrow(GarzaError);
    });
  }

  test("a name that is not set is told first", () => {
    const unset: string[] = [];
    expect(() => renderStatePath(".a.${y}", scopeWith(), (source) => unset.push(source))).toThrow(GarzaError);
    expect(unset).toEqual(["y"]);
  });
});

describe("checkStatePath", () => {
  const faults: [string, string, number][] = [
    ["", "a key is missing here", 0],
    [".a..b", "a key is missing here", 3],
    [".a.", "a key is missing here", 3],
    [".a b", 'unexpected " "', 2],
    ['.a"b"', 'unexpected "\\""', 2],
    [".a]", 'unexpected "]"', 2],
    [".a[0", "the path ends too early", 4],
    [".a[-1]", 'unexpected "-"', 3],
    [".a[b]", 'unexpected "b"', 3],
    [".a[]", 'unexpected "]"', 3],
    ['.a["b]', "this quote is never closed", 3],
    ['.a["b"c]', 'unexpected "c"', 6],
    [".a[0]b", 'unexpected "b"', 5],
    [".a[0]${x}", "unexpected value", 5],
    [".web-*.a", "* stands for whole keys only", 1],
    [".${x}*", "* stands for whole keys only", 1],
    [".__proto__.a", "__proto__ can't be a key", 1],
    ['["constructor"]', "constructor can't be a key", 1],
    [".a.${x", "this ${ is never closed", 3],
  ];
  for (const [text, message, offset] of faults) {
    test(`${JSON.stringify(text)}: ${message}`, () => {
      expect(checkStatePath(text).map((fault) => [fault.message, fault.offset])).toEqual([[message, offset]]);
    });
  }

  test("finds nothing where nothing is wrong", () => expect(checkStatePath('.a.*["b c"].${x}')).toEqual([]));
});

test("a path that is shown reads as the same path", () => {
  const key = fc.string({
    minLength: 1,
    maxLength: 6,
    unit: fc.constantFrom("a", "-", ".", "*", '"', "\\", "'", "[", "]", " ", "\n", "é"),
  });
  const segment = fc.oneof(key, fc.nat(999), fc.constant(any));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), (path) => {
      expect(renderStatePath(showPath(path), scopeWith(), ignore)).toEqual(path);
    }),
  );
});
