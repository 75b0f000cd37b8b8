import { describe, expect, test } from "bun:test";
import type { Value } from "../../src/core/value.ts";
import { mergeJson } from "../../src/state/merge.ts";

type Text = string | undefined;
const merge = (base: Text, ours: Text, theirs: Text) => mergeJson({ base, ours, theirs }, "s.json");
const json = (text: Text) => JSON.parse(text ?? "null") as Value;
const text = (value: Value) => JSON.stringify(value);
const values = (base: Value, ours: Value, theirs: Value) => {
  const { text: merged, conflicts } = merge(text(base), text(ours), text(theirs));
  return { value: json(merged), paths: conflicts.map(({ path }) => path) };
};

/** Merged either way round: the same value, and conflicts at the same places. */
function bothWays(base: Value, ours: Value, theirs: Value) {
  const [one, other] = [values(base, ours, theirs), values(base, theirs, ours)];
  expect(other.paths.sort()).toEqual(one.paths.sort());
  if (one.paths.length === 0) expect(other.value).toEqual(one.value);
  return one;
}

describe("mappings", () => {
  test("take what either side has changed", () => {
    const base = { a: 1, b: { c: 2, d: 3 }, gone: 1, list: [1] };
    const ours = { a: 9, b: { c: 2, d: 3 }, gone: 1, list: [1], mine: { x: 1 } };
    const theirs = { a: 1, b: { c: 2, e: 5 }, list: [1, 2] };
    expect(bothWays(base, ours, theirs)).toEqual({
      value: { a: 9, b: { c: 2, e: 5 }, list: [1, 2], mine: { x: 1 } },
      paths: [],
    });
  });

  test("the same change on both sides is no conflict", () => {
    expect(bothWays({ a: 1, b: 1 }, { a: 2 }, { a: 2 })).toEqual({ value: { a: 2 }, paths: [] });
    expect(bothWays({}, { a: { x: 1 } }, { a: { x: 1.0 } })).toEqual({ value: { a: { x: 1 } }, paths: [] });
  });

  test.each<[string, Value, Value, Value, string[]]>([
    ["two values", { a: { b: 1 } }, { a: { b: 2 } }, { a: { b: 3 } }, [".a.b"]],
    ["deleted and changed", { a: { b: 1 } }, {}, { a: { b: 2 } }, [".a"]],
    ["added unlike", {}, { a: { x: 1, y: 1 } }, { a: { x: 2, y: 1 } }, [".a.x"]],
    ["of another kind", { a: 1 }, { a: { b: 1 } }, { a: [1] }, [".a"]],
    ["lists without ids", { a: [1] }, { a: [1, 2] }, { a: [1, 3] }, [".a"]],
    ["odd keys", { "a.b": { "": 1 } }, { "a.b": { "": 2 } }, { "a.b": { "": 3 } }, ['["a.b"][""]']],
    ["the whole text", 1, 2, 3, ["."]],
  ])("%s: a conflict with its path", (_, base, ours, theirs, paths) => {
    expect(bothWays(base, ours, theirs)).toEqual({ value: ours, paths });
  });

  test("a conflict tells the three values, and leaves the rest merged", () => {
    const { text: merged, conflicts } = merge('{"a": 1, "b": 1}', '{"a": 2, "b": 1}', '{"a": {"x": 1}, "b": 2}');
    expect(merged).toBe('{"a": 2, "b": 2}');
    expect(conflicts).toEqual([{ path: ".a", base: 1, ours: 2, theirs: { x: 1 } }]);
  });

  test("names of an object's own are keys like others", () => {
    const odd = (rest: object) => ({ toString: 1, hasOwnProperty: { valueOf: 1 }, ...rest });
    expect(bothWays(odd({}), odd({ a: 1 }), odd({ b: 1 })).value).toEqual(odd({ a: 1, b: 1 }));
    expect(() => merge("{}", '{"__proto__": {"x": 1}}', '{"a": 1}')).toThrow('the key "__proto__" is not allowed');
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });
});

describe("lists whose elements have ids", () => {
  const entry = (id: string | number, timestamp: string, more: object = {}) => ({ id, timestamp, ...more });
  const log = (...entries: object[]) => ({ operations: entries }) as Value;

  test("are joined, the new ones by timestamp and id", () => {
    const old = [entry("b", "1"), entry("a", "1")];
    const { value, paths } = bothWays(
      log(...old),
      log(...old, entry("y", "2"), entry("x", "4")),
      log(...old, entry("z", "2"), entry("w", "3")),
    );
    const ids = (value as { operations: { id: string }[] }).operations.map(({ id }) => id);
    expect([ids, paths]).toEqual([["b", "a", "y", "z", "w", "x"], []]);
  });

  test("that stand by timestamp and id go on to do so", () => {
    const [one, two, three, four] = ["1", "2", "3", "4"].map((at) => entry(at, at)) as [object, object, object, object];
    const all = log(one, two, three, four);
    expect(bothWays(log(one, three), log(one, two, three), log(one, three, four))).toEqual({ value: all, paths: [] });
  });

  test("both drop their oldest and append, as bounded logs do", () => {
    const all = ["1", "2", "3", "4"].map((at) => entry(at, at));
    const ours = [...all.slice(1), entry("o", "6")];
    const theirs = [...all.slice(2), entry("t", "5"), entry("u", "7")];
    expect(bothWays(log(...all), log(...ours), log(...theirs)).value).toEqual(
      log(entry("3", "3"), entry("4", "4"), entry("t", "5"), entry("o", "6"), entry("u", "7")),
    );
  });

  test("an element is merged like any mapping", () => {
    const three = [
      { x: 1, y: 1 },
      { x: 2, y: 1 },
      { x: 1, y: 2 },
    ].map((more) => log(entry(7, "1", more)));
    expect(bothWays(three[0] ?? null, three[1] ?? null, three[2] ?? null)).toEqual({
      value: log(entry(7, "1", { x: 2, y: 2 })),
      paths: [],
    });
    const [one, other] = [log(entry("a", "1", { x: 1 })), log(entry("a", "1", { x: 2 }))];
    expect(bothWays(log(), one, other).paths).toEqual(['.operations[id "a"].x']);
    expect(bothWays(one, log(), other).paths).toEqual(['.operations[id "a"]']);
  });

  test("one side alone says the order", () => {
    const [a, b, c] = ["a", "b", "c"].map((id) => ({ id }));
    const [base, moved] = [log(a ?? {}, b ?? {}), log(c ?? {}, b ?? {}, a ?? {})];
    const theirs = log({ id: "a", x: 1 }, b ?? {});
    expect(bothWays(base, moved, theirs).value).toEqual(log({ id: "c" }, { id: "b" }, { id: "a", x: 1 }));
  });

  test("an id that stands there twice, or is missing, makes the list one value", () => {
    const twice = log({ id: "a" }, { id: "a", x: 1 });
    expect(bothWays(log(), twice, log({ id: "b" })).paths).toEqual([".operations"]);
    expect(bothWays(log(), log({ id: "a" }, {}), log({ id: "b" })).paths).toEqual([".operations"]);
    expect(bothWays(log(), log({ id: "a" }, { id: null }), log({ id: "b" })).paths).toEqual([".operations"]);
    expect(bothWays(log(), log({ id: 1 }), log({ id: "1" })).paths).toEqual([]);
  });
});

describe("the text", () => {
  test("is ours but for what they have changed, in our layout", () => {
    const base = '{\n    "10": {"port": 8080.0},\n    "2": [1,2],\n    "big": 12345678901234567890\n}\n';
    const theirs = '{"2":[1,2],"10":{"port":8080.0},"big":12345678901234567891,"new":{"a":[1.50,{}],"b":"\\u00e9"}}';
    const ours = base.replace('"2"', '"mine": true,\n    "2"');
    expect(merge(base, ours, theirs)).toEqual({
      text: ours.replace(
        "7890\n}",
        '7891,\n    "new": {\n        "a": [\n            1.50,\n            {}\n        ],\n        "b": "\\u00e9"\n    }\n}',
      ),
      conflicts: [],
    });
  });

  test("keeps the white space of a list's elements, wherever they go", () => {
    const base = '{"l": [\n  {"id": 1},\n\n  {"id": 2}\n]}';
    const ours = '{"l": [\n  {"id": 2},\n\n  {"id": 1}\n], "o": 1}';
    expect(merge(base, ours, base.replace('"id": 2', '"id": 2, "x": 1')).text).toBe(
      '{"l": [\n  {"id": 2, "x": 1},\n\n  {"id": 1}\n], "o": 1}',
    );
    expect(merge(base, ours, '{"l": [\n  {"id": 2}\n]}').text).toBe('{"l": [\n  {"id": 2}\n], "o": 1}');
    expect(merge('{"l": []}', '{"l": [{"id": 3}], "o": 1}', '{"l": [{"id": 4}]}').text).toBe(
      '{"l": [{"id": 3}, {"id": 4}], "o": 1}',
    );
  });

  test("is left as it is where the other side has only written it otherwise", () => {
    const base = '{"a": 1.0, "b": "é"}';
    const reformatted = '{\r\n\t"b": "\\u00e9",\r\n\t"a": 10e-1\r\n}\r\n';
    expect(merge(base, '{"a": 1.0, "b": "é", "c": 1}', reformatted).text).toBe('{"a": 1.0, "b": "é", "c": 1}');
    expect(merge(base, reformatted, '{"a": 2, "b": "é"}').text).toBe(reformatted.replace("10e-1", "2"));
  });

  test("numbers that a double can't tell apart are different", () => {
    expect(merge('{"n": 9007199254740992}', '{"n": 9007199254740993}', '{"n": 9007199254740992, "x": 1}').text).toBe(
      '{"n": 9007199254740993, "x": 1}',
    );
  });

  test("may be absent on any side", () => {
    expect(merge(undefined, '{"a": 1}', '{"b": 2}').text).toBe('{"a": 1,"b": 2}'.replace(",", ", "));
    expect(merge("", '{"a": 1}', '{"a": 2}').conflicts).toEqual([{ path: ".a", base: undefined, ours: 1, theirs: 2 }]);
    expect(merge(undefined, undefined, "{}")).toEqual({ text: "{}", conflicts: [] });
    expect(merge('{"a": 1}', undefined, '{"a": 1}')).toEqual({ text: undefined, conflicts: [] });
    expect(merge('{"a": 1}', '{"a": 2}', undefined)).toMatchObject({ text: '{"a": 2}', conflicts: [{ path: "." }] });
    expect(merge('{"a": 1}', undefined, '{"a": 2}')).toMatchObject({ text: undefined, conflicts: [{ path: "." }] });
  });

  test("a byte order mark is ours to keep", () => {
    expect(merge('{"a": 1}', '\ufeff{"a": 1}', '{"a": 2}')).toEqual({ text: '\ufeff{"a": 2}', conflicts: [] });
  });

  test.each([
    ['{"a": 1, "a": 2}', 's.json (theirs) is damaged (line 1, column 10: the key "a" stands here for the second time)'],
    ["{\n<<<<<<< ours\n}", "s.json (theirs) is damaged (line 2, column 1: "],
    ['{"a": 1', "s.json (theirs) is damaged (line 1, column 8: "],
  ])("%j is refused with its version and place", (theirs, why) => {
    expect(() => merge("{}", '{"b": 1}', theirs)).toThrow(why);
  });
});
