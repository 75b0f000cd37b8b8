import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { newDocument, printJson, readJson } from "../../src/core/json.ts";
import {
  append,
  type List,
  type Mapping,
  removeElement,
  removeMember,
  setMember,
  toNode,
  toValue,
} from "../../src/core/json-tree.ts";
import { GarzaError } from "../../src/core/problem.ts";

const parseJson = (text: string, file: string) => toValue(readJson(text, file).root);

function whyRefused(text: string): string {
  try {
    parseJson(text, "state.json");
  } catch (thrown) {
    if (thrown instanceof GarzaError && thrown.problem.kind === "data-damaged") return thrown.problem.why;
    throw thrown;
  }
  return "accepted";
}

describe("reading JSON", () => {
  test("any JSON reads as JSON.parse reads it, and prints as it was", () => {
    const layouts = fc.constantFrom(undefined, 1, 2, 4, "\t");
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), layouts, fc.constantFrom("", "\n", " \r\n"), (value, indent, tail) => {
        const text = JSON.stringify(value, null, indent) + tail;
        if (/"(__proto__|constructor|prototype)":/.test(text)) return;
        expect(printJson(readJson(text, "f"))).toBe(text);
        expect(parseJson(text, "f")).toEqual(JSON.parse(text));
      }),
    );
  });

  test("text that JSON.parse refuses is refused", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'{}[]",:0123.-e\\u tnfa\n'.split("")), maxLength: 12 }),
        (text) => {
          let valid = true;
          try {
            JSON.parse(text);
          } catch {
            valid = false;
          }
          if (!valid) expect(whyRefused(text)).toMatch(/^line \d+, column \d+: /);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['{"a": 1,\n  "a": 2}', 'line 2, column 3: the key "a" stands here for the second time'],
    ['{"a": 1, "\\u0061": 2}', 'line 1, column 10: the key "\\u0061" stands here for the second time'],
    ['{"__proto__": {"admin": true}}', 'line 1, column 2: the key "__proto__" is not allowed'],
    ['{"x": {"constructor": 1}}', 'line 1, column 8: the key "constructor" is not allowed'],
    ["", "line 1, column 1: expected a value, found the end of the file"],
    ['{"a": 1,}', 'line 1, column 9: expected a text in double quotes, found "}"'],
    ['{"a": 01}', 'line 1, column 8: expected "," or "}", found "1"'],
    ['{"a": 1} x', 'line 1, column 10: nothing may follow the value, found "x"'],
    ['"tab\there"', "line 1, column 1: this text is not closed or has a wrong escape"],
    ["1e999", "line 1, column 1: the number 1e999 is too large"],
    ["<<<<<<< HEAD\n{}", 'line 1, column 1: expected a value, found "<"'],
  ])("%j is refused with its place", (text, why) => {
    expect(whyRefused(text)).toBe(why);
  });

  test("brackets without end are refused before they exhaust the stack", () => {
    expect(whyRefused("[".repeat(100_000))).toBe("line 1, column 502: more than 500 brackets inside each other");
  });

  test("megabytes of text and of escapes are read", () => {
    const value = { long: "x".repeat(4_000_000), escaped: '"\n'.repeat(1_000_000) };
    expect(parseJson(JSON.stringify(value), "f")).toEqual(value);
  });

  test("a mapping has no prototype to reach", () => {
    expect(Object.getPrototypeOf(parseJson('{"toString": 1}', "f"))).toBeNull();
  });
});

describe("changing JSON", () => {
  test("only the changed place is written anew", () => {
    const text =
      '{\r\n\t"10": 1.0,\r\n\t"2": 12345678901234567890,\r\n\t"tags": ["a", "b"],\r\n\t"x": {"y": 1}\r\n}\r\n';
    const document = readJson(text, "f");
    const root = document.root as Mapping;
    const x = root.members.get("x")?.node as Mapping;
    setMember(x, "z", toNode("new", document.layout, 2), document.layout, 1);
    setMember(root, "last", toNode({ deep: [1] }, document.layout, 1), document.layout, 0);
    append(root.members.get("tags")?.node as List, toNode("c", document.layout, 2), document.layout, 1);
    expect(printJson(document)).toBe(
      '{\r\n\t"10": 1.0,\r\n\t"2": 12345678901234567890,\r\n\t"tags": ["a", "b", "c"],\r\n\t"x": {"y": 1, "z": "new"},\r\n' +
        '\t"last": {\r\n\t\t"deep": [\r\n\t\t\t1\r\n\t\t]\r\n\t}\r\n}\r\n',
    );
  });

  test.each([
    ["{}", '{\n  "a": 1\n}'],
    ['{"b":2}', '{"b":2,"a":1}'],
    ['{"b": 2}', '{"b": 2, "a": 1}'],
    ['{ "b": 2 }', '{ "b": 2, "a": 1 }'],
    ['{\n    "b": 2\n}', '{\n    "b": 2,\n    "a": 1\n}'],
  ])("a member added to %j looks like its neighbours", (text, expected) => {
    const document = readJson(text, "f");
    setMember(document.root as Mapping, "a", toNode(1, document.layout, 1), document.layout, 0);
    expect(printJson(document)).toBe(expected);
  });

  test.each([
    ["a", '{\n  "b": 2,\n  "c": 3\n}'],
    ["b", '{\n  "a": 1,\n  "c": 3\n}'],
    ["c", '{\n  "a": 1,\n  "b": 2\n}'],
  ])("removing %s leaves the commas and lines right", (key, expected) => {
    const document = readJson('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', "f");
    removeMember(document.root as Mapping, key);
    expect(printJson(document)).toBe(expected);
  });

  test("removing every element leaves an empty list", () => {
    const document = readJson("[1, 2, 3]", "f");
    const list = document.root as List;
    removeElement(list, 0);
    expect(printJson(document)).toBe("[2, 3]");
    removeElement(list, 1);
    removeElement(list, 0);
    expect(printJson(document)).toBe("[]");
  });

  test("what is built from a value prints as JSON.stringify prints it, and reads back as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const document = newDocument();
        const root = toNode(value as never, document.layout, 0);
        expect(printJson({ ...document, root })).toBe(`${JSON.stringify(value, null, 2)}\n`);
        expect(JSON.stringify(toValue(root))).toBe(JSON.stringify(value));
      }),
    );
  });
});
