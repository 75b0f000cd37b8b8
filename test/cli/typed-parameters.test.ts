import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { typedParameters } from "../../src/cli/typed-parameters.ts";
import { GarzaError } from "../../src/core/problem.ts";
import { sandbox } from "../support/temporary.ts";

const base = sandbox();

function faults(words: string[], cwd = "/"): string[] {
  try {
    typedParameters(words, cwd);
  } catch (thrown) {
    if (thrown instanceof GarzaError && thrown.problem.kind === "usage") return thrown.problem.message.split("\n");
    throw thrown;
  }
  return [];
}

test("text, JSON and files are told apart by what stands around the first =", () => {
  const path = mkdtempSync(join(base, "box-"));
  writeFileSync(join(path, "note.txt"), "first\nsecond\r\n");
  const words = ["a=1", "b=x=y", "c=", "url=https://h:1/?q=@x", 'd:=[1,{"e":null}]', "f=@note.txt", "g=@"];
  expect({ ...typedParameters(words, path) }).toEqual({
    a: { text: "1" },
    b: { text: "x=y" },
    c: { text: "" },
    url: { text: "https://h:1/?q=@x" },
    d: { json: [1, { e: null }] },
    f: { text: "first\nsecond" },
    g: { text: "@" },
  });
});

test("every fault is told at once", () => {
  const told = faults(["plain", "=x", ":=1", "__proto__=x", "a=1", "a=2", "j:={", "f=@none"]);
  expect(told.slice(0, 5)).toEqual([
    '"plain" is not of the form name=value',
    '"=x" is not of the form name=value',
    '":=1" is not of the form name=value',
    '"__proto__=x" is not of the form name=value',
    "a is given twice",
  ]);
  expect(told.length).toBe(7);
  expect(told[5]).toStartWith("j: ");
  expect(told[6]).toMatch(/^f: there is no file .*none$/);
});

test("what is given has no prototype to be mistaken for a parameter", () => {
  expect("toString" in typedParameters(["a=1"], "/")).toBe(false);
});
