import { describe, expect, test } from "bun:test";
import { GarzaError } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { interpolate } from "../../src/template/interpolate.ts";
import { scopeWith } from "./scope-for-tests.ts";

const names: Record<string, Value> = {
  name: "web",
  count: 3,
  flag: true,
  list: ["a", 1, null],
  mapping: { a: [1] },
  nothing: null,
  empty: "",
  tricky: "$& $1 $$ ${name} $${name}",
};

function fill(template: Value): { value: Value; unset: string[] } {
  const unset: string[] = [];
  const value = interpolate(template, scopeWith(names), (source) => void unset.push(source));
  return { value, unset };
}

describe("a text", () => {
  const cases: [string, Value][] = [
    ["plain", "plain"],
    ["", ""],
    ["${name}", "web"],
    ["${count}", 3],
    ["${flag}", true],
    ["${list}", ["a", 1, null]],
    ["${mapping}", { a: [1] }],
    ["${nothing}", null],
    ["${empty}", ""],
    ["${ count + 1 }", 4],
    [" ${count}", " 3"],
    ["${count}${count}", "33"],
    ["<${list}>", "<a, 1, >"],
    ["<${mapping}>", '<{"a":[1]}>'],
    ["<${nothing}${empty}${flag}>", "<true>"],
    ["$${name}", "${name}"],
    ["a $${name} ${name}", "a ${name} web"],
    ["$ $$ $name {name}", "$ $$ $name {name}"],
  ];
  for (const [text, value] of cases) {
    test(`${JSON.stringify(text)} becomes ${JSON.stringify(value)}`, () =>
      expect(fill(text)).toEqual({ value, unset: [] }));
  }

  test("what was filled in is not read again", () => {
    expect(fill("${tricky}").value).toBe(names.tricky as string);
    expect(fill("<${tricky}>").value).toBe(`<${names.tricky}>`);
  });
});

test("lists and mappings are filled in throughout, keys included", () => {
  const { value } = fill({ "x-${name}": ["${count}", { "${name}": "${list}" }], plain: 1, none: null });
  expect(JSON.parse(JSON.stringify(value))).toEqual({
    "x-web": [3, { web: ["a", 1, null] }],
    plain: 1,
    none: null,
  });
  expect(Object.getPrototypeOf(value)).toBeNull();
});

test("names that are not set are told where their value is used, and count as null", () => {
  expect(fill("${unset}")).toEqual({ value: null, unset: ["unset"] });
  expect(fill("a${unset.field}b${steps.x.value}")).toEqual({ value: "ab", unset: ["unset.field", "steps.x.value"] });
  expect(fill("${unset || ''}")).toEqual({ value: "", unset: [] });
  expect(fill("${unset == 'x' ? 1 : 2}")).toEqual({ value: 2, unset: [] });
  expect(fill("${'/data/' + unset}")).toEqual({ value: "/data/", unset: ["unset"] });
  expect(fill({ "${unset}": "${other}" }).unset).toEqual(["unset", "other"]);
});

test("a callback that throws stops it", () => {
  const refuse = (source: string) => {
    throw new Error(`needs ${source}`);
  };
  expect(() => interpolate(["${name}", "${host}"], scopeWith(names), refuse)).toThrow("needs host");
});

test("keys that reach a prototype, or meet another, are refused", () => {
  const proto = scopeWith({ key: "__proto__", name: "a" });
  const ignore = () => {};
  for (const template of [{ "${key}": 1 }, JSON.parse('{"__proto__": 1}') as Value, { "${'constr'}uctor": 1 }]) {
    expect(() => interpolate(template, proto, ignore)).toThrow(GarzaError);
  }
  expect(() => interpolate({ a: 1, "${name}": 2 }, proto, ignore)).toThrow(
    "E_KEY in ${name}: comes out as a key that is already there",
  );
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
