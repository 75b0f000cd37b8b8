import { describe, expect, test } from "bun:test";
import { faultsOf, oneStep, read, withHead } from "./reading.ts";

const delay = "steps:\n  - {type: delay, name: a, seconds: 1}\n";

describe("what YAML says no to", () => {
  test("a key that is written twice is told at its second place", () => {
    expect(faultsOf(withHead(`${delay}x-a: 1\nx-a: 2\n`))).toEqual([
      "5:1 error duplicate-key: `x-a` is written twice (first in line 4)",
    ]);
  });

  test("tabs as indentation are told where they stand", () => {
    expect(faultsOf(withHead("steps:\n\t- {type: delay, name: a, seconds: 1}\n"))).toEqual([
      "3:1 error tab: a tab is used as indentation (Indent with blanks.)",
    ]);
    expect(faultsOf(withHead("steps:\n  - type: delay\n\tname: a\n"))[0]).toBe(
      "4:1 error tab: a tab is used as indentation (Indent with blanks.)",
    );
  });

  test("a second document is refused where it begins", () => {
    expect(faultsOf(withHead(`${delay}---\na: 1\n`))).toEqual([
      "4:1 error two-documents: a second document begins here: a file holds one template",
    ]);
  });

  test("keys that reach a prototype are refused, also when they are spelled with escapes", () => {
    const body = `${delay}x-a:\n  __proto__: 1\n  constructor: 2\n  "proto\\x74ype": 3\n`;
    expect(faultsOf(withHead(body))).toEqual([
      "5:3 error forbidden-key: `__proto__` can't be a key",
      "6:3 error forbidden-key: `constructor` can't be a key",
      "7:3 error forbidden-key: `prototype` can't be a key",
    ]);
  });

  test("more than 1 MiB is refused unread", () => {
    expect(faultsOf(`#${"x".repeat(2 ** 20)}`)).toEqual(["1:1 error too-large: the file is larger than 1 MiB"]);
  });

  test("an empty file says how a template begins", () => {
    expect(faultsOf("# nothing\n")).toEqual([
      "1:1 error empty: the file is empty (A template begins with `operation:`.)",
    ]);
  });

  test("an open quote is told where it opens", () => {
    expect(faultsOf(withHead('steps:\n  - name: "a\n'))[0]).toBe("3:11 error syntax: this quote is never closed");
  });

  test("control characters and half of a surrogate pair are refused", () => {
    expect(faultsOf(withHead(`${delay}x-a: "\u001b[31m"\n`))[0]).toBe(
      "4:7 error control-character: the character U+001B can't stand in a template",
    );
    expect(faultsOf(withHead(`${delay}x-a: "\ud800"\n`))[0]).toBe(
      "4:7 error control-character: the character U+D800 can't stand in a template",
    );
  });

  test("numbers that can't be kept exactly, and what is no number, are refused", () => {
    expect(faultsOf(withHead(`${delay}x-a: 12345678901234567890\nx-b: .inf\nx-c: !!binary aGk=\n`))).toEqual([
      "4:6 error number: the number 12345678901234567890 is too large to be kept exactly (Put it in quotes.)",
      "5:6 error number: .inf is no value a template can hold (Put it in quotes if it is meant as text.)",
      "6:15 error number: aGk= is no value a template can hold (Put it in quotes if it is meant as text.)",
    ]);
  });

  test("text with ${…} inside braces and brackets needs quotes, and the fault says so", () => {
    expect(
      faultsOf(withHead("triggers:\n  - health_check_failed: {service: ${s}, consecutive_failures: 3}\n"))[0],
    ).toBe(
      "3:37 error syntax: unexpected flow-map-start at node end (Inside [ ] and { }, text with ${…} must be in quotes.)",
    );
  });

  test("faults before a fault of syntax are told with it, guesses behind it are not", () => {
    expect(faultsOf(withHead("stepz: []\nx-a: [1, 2\nsteps: nonsense\n"))).toEqual([
      "2:1 error unknown-key: unknown key `stepz`. Did you mean steps?",
      "4:1 error syntax: flow sequence in block collection must be sufficiently indented and end with a ]",
    ]);
  });
});

describe("aliases", () => {
  test("are filled in, up to a hundred nodes", () => {
    const some = (count: number) => withHead(`${delay}x-a: &a text\nx-b: [${"*a,".repeat(count)}]\n`);
    expect(faultsOf(some(100))).toEqual([]);
    expect(faultsOf(some(101))).toEqual(["5:307 error alias: aliases bring in more than 100 nodes"]);
  });

  test("a billion of laughs ends at once", () => {
    const line = (name: string, of: string) => `x-${name}: &${name} [${`*${of},`.repeat(10)}]\n`;
    const bomb = `x-a: &a [${"x,".repeat(10)}]\n${line("b", "a")}${line("c", "b")}${line("d", "c")}${line("e", "d")}`;
    expect(faultsOf(withHead(delay + bomb))).toEqual(["5:37 error alias: aliases bring in more than 100 nodes"]);
  });

  test("one that holds itself, and one that nothing above is called, are refused", () => {
    expect(faultsOf(withHead(`${delay}x-a: &a [*a]\nx-b: *c\n`))).toEqual([
      "4:10 error alias: *a would hold itself",
      "5:6 error alias: nothing above is called &c",
    ]);
  });

  test("a step may be repeated by one", () => {
    const { template } = read(withHead("x-retry: &retry 3\nsteps:\n  - {type: delay, name: a, seconds: *retry}\n"));
    expect(template.steps[0]?.config.seconds).toBe(3);
  });
});

describe("a key at the indentation of the list items above it", () => {
  const nested = (last: string) =>
    oneStep(
      `- type: conditional\n  name: a\n  condition: "true"\n  steps:\n    - type: delay\n      seconds: 1\n${last}`,
    );

  test("is told with the column it belongs in", () => {
    expect(faultsOf(nested("    exit: true"))).toEqual([
      "9:7 error indentation: `exit` stands at the indentation of the list items above it (It belongs in column 5, below `steps:`.)",
    ]);
    expect(faultsOf(nested("    description: x"))).toEqual([
      "9:7 error indentation: `description` stands at the indentation of the list items above it (It belongs in column 5, below `steps:`.)",
    ]);
    expect(faultsOf(withHead(`${delay}  rollback: {}\n`))).toEqual([
      "4:3 error indentation: `rollback` stands at the indentation of the list items above it (It belongs in column 1, below `steps:`.)",
    ]);
  });

  test("does not hide the other faults of the file", () => {
    expect(faultsOf(`${nested("    exit: true")}  - type: delay\n    name: b\n    secnds: 1\n`)).toEqual([
      "9:7 error indentation: `exit` stands at the indentation of the list items above it (It belongs in column 5, below `steps:`.)",
      "10:5 error missing-key: `seconds` is missing",
      "12:5 error unknown-key: unknown key `secnds`. Did you mean seconds?",
    ]);
  });

  test("inside the last item it is a key of the step around, which is told as well", () => {
    expect(faultsOf(nested("      exit: true"))).toEqual([
      "9:9 error indentation: `exit` is a key of the conditional around this step (It belongs in column 5.)",
    ]);
  });
});

describe("size", () => {
  test("a hundred thousand steps are too many", () => {
    expect(faultsOf(withHead(`steps:\n${"- type: a\n".repeat(100_000)}`))).toEqual([
      "10003:3 error too-many-steps: a template has at most 10000 steps",
    ]);
  });

  test.each(["[", "{a: ", "- ", "? ", "[{a: "])("a megabyte of %p is nested too deep", (opening) => {
    const text = opening.repeat(Math.floor(1_000_000 / opening.length));
    expect(faultsOf(text).map((fault) => fault.replace(/^\S+ /, ""))).toEqual([
      "error too-deep: nested more than 100 levels deep",
    ]);
  });

  test("the text is kept with plain line ends and without its mark", () => {
    const { template } = read(`\uFEFF${withHead(delay)}`.replaceAll("\n", "\r\n"));
    expect(template.text).toBe(withHead(delay));
    expect(template.steps[0]?.place).toEqual({
      file: "t.yml",
      line: 3,
      column: 5,
      excerpt: "  - {type: delay, name: a, seconds: 1}",
    });
  });
});
