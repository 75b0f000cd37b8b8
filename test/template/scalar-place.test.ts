import { describe, expect, test } from "bun:test";
import { readDocument } from "../../src/template/document.ts";
import { isText, nodeOf } from "../../src/template/node.ts";
import { placeInScalar } from "../../src/template/scalar-place.ts";

/** What stands in the text where a word of the value is said to stand. */
function found(yaml: string, word: string): string {
  const { root } = readDocument({ file: "t.yml", text: yaml });
  const node = nodeOf(root, "a");
  if (!isText(node)) throw new Error(`no text in ${yaml}`);
  const at = placeInScalar(node, node.value.indexOf(word));
  return `${yaml.slice(0, at).split("\n").length}:${at - yaml.lastIndexOf("\n", at - 1)} ${yaml.slice(at, at + word.length)}`;
}

describe("the place of a word in a scalar", () => {
  const cases: [string, string, string][] = [
    ["plain", "a: one two ${x}\n", "1:12 ${x}"],
    ["plain over two lines", "a: one\n  two ${x}\n", "2:7 ${x}"],
    ["plain with an empty line", "a: one\n\n  two ${x}\n", "3:7 ${x}"],
    ["single quotes", "a: 'it''s ${x}'\n", "1:11 ${x}"],
    ["double quotes", 'a: "\\t\\u00e9\\" ${x}"\n', "1:16 ${x}"],
    ["double quotes with a character beyond the basic plane", 'a: "\\U0001F600${x}"\n', "1:15 ${x}"],
    ["double quotes over two lines", 'a: "one\n  two ${x}"\n', "2:7 ${x}"],
    ["double quotes with an escaped line break", 'a: "one\\\n  two ${x}"\n', "2:7 ${x}"],
    ["literal", "a: |\n  one\n\n    two\n  ${x}\n", "5:3 ${x}"],
    ["literal, stripped", "a: |-\n  ${x}\n", "2:3 ${x}"],
    ["literal with a comment in its header", "a: | # why\n  one\n  two ${x}\n", "3:7 ${x}"],
    ["literal with an indentation of its own", "a: |2\n    one\n  ${x}\n", "3:3 ${x}"],
    ["folded", "a: >\n  one\n  two ${x}\n\n  three\n", "3:7 ${x}"],
    ["folded with an indented line", "a: >\n  one\n    two\n  ${x}\n", "4:3 ${x}"],
    ["anchored", "a: &b 'one ${x}'\n", "1:12 ${x}"],
  ];
  test.each(cases)("%s", (_, yaml, place) => {
    expect(found(yaml, "${x}")).toBe(place);
  });
});
