import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { readYaml } from "../../src/core/yaml.ts";

const faults = (text: string) =>
  readYaml(text, "f.yml").faults.map(({ line, column, message }) => `${line}:${column}: ${message}`);

describe("reading YAML", () => {
  test("any value that YAML writes is read back", () => {
    // JSON writes -0 as 0, YAML does not.
    const value = fc.jsonValue({ maxDepth: 3 }).map((any) => JSON.parse(JSON.stringify(any)));
    fc.assert(
      fc.property(value, (written) => {
        const text = JSON.stringify(written);
        if (/"(|__proto__|constructor|prototype)":|-0\b|e\+/.test(text)) return;
        const { value: read, faults } = readYaml(stringify(written, { aliasDuplicateObjects: false }), "f.yml");
        expect({ read, faults }).toEqual({ read: JSON.parse(text), faults: [] });
      }),
    );
  });

  test("anything at all gives a value or faults, and never throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ab:-[]{}&*!|>'\"\n\t #,?~012\\".split("")), maxLength: 40 }),
        (text) => {
          for (const { line, column } of readYaml(text, "f.yml").faults) expect(line >= 1 && column >= 1).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("YAML 1.2: yes and 010 are not what they were in 1.1, and << is a plain key", () => {
    expect(readYaml("a: yes\nb: 010\nc: 0x10\nd: ~\n<<: x", "f").value).toEqual({
      a: "yes",
      b: 10,
      c: 16,
      d: null,
      "<<": "x",
    });
  });

  test.each([
    ["a: 1\nb: 2\na: 3", ["3:1: a is written twice"]],
    ["a:\n  __proto__: 1", ["2:3: __proto__ can't be a key"]],
    ["a: &x [*x]", ["1:8: *x would hold itself"]],
    ["a: *y", ["1:4: nothing above is called &y"]],
    ["a: .inf", ["1:4: this is no value a file of ours can hold; put it in quotes if it is meant as text"]],
    ["[1]: x", ["1:1: a key must be text"]],
    ["a: 'x", ["1:6: missing closing 'quote"]],
    ["a:\n\tb: 1", ["2:1: tabs are not allowed as indentation"]],
    ["a: 1\r\n b: 2\r\n", ["1:4: nested mappings are not allowed in compact mappings"]],
    [`x: ${"a".repeat(1 << 20)}`, ["1:1: the file is larger than 1 MiB"]],
  ])("faults have their place", (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  test("aliases that would grow without end are stopped", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [name, of] of ["ba", "cb", "dc", "ed", "fe", "gf"])
      bomb.push(`${name}: &${name} [${`*${of},`.repeat(9)}]`);
    expect(faults(bomb.join("\n"))).toEqual(["1:29: aliases bring in more than 100 nodes"]);
  });

  test("every value has a place, and what is not there that of the nearest above it", () => {
    const { placeOf } = readYaml("hosts:\n  web:\n    port: 22\n    list: [a, b]\n", "hosts.yml");
    expect(placeOf(["hosts", "web", "port"])).toEqual({
      file: "hosts.yml",
      line: 3,
      column: 11,
      excerpt: "    port: 22",
    });
    expect(placeOf(["hosts", "web", "port"], "key")).toMatchObject({ line: 3, column: 5 });
    expect(placeOf(["hosts", "web", "list", 1])).toMatchObject({ line: 4, column: 15 });
    expect(placeOf(["hosts", "web", "user", "x"])).toMatchObject({ line: 3, column: 5 });
    expect(readYaml("", "f").placeOf(["x"])).toMatchObject({ line: 1, column: 1 });
  });
});
