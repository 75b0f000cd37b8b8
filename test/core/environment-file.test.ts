import { expect, test } from "bun:test";
import { environmentLine, parseEnvironmentFile } from "../../src/core/environment-file.ts";

/** Each was read by systemd 252 to the same. */
const asSystemd: [text: string, variables: Record<string, string>][] = [
  ["PLAIN=a b  \n", { PLAIN: "a b" }],
  ["# comment \\\nSTILL=comment\nA=1\n; B=2\n", { A: "1" }],
  ['QUOTED="a  b  "  \n', { QUOTED: "a  b  " }],
  [`SINGLE='it "is" $x \\n'\n`, { SINGLE: 'it "is" $x \\n' }],
  [`MIXED=a'b c'"d e"f  g\n`, { MIXED: `a'b c'"d e"f  g` }],
  ["ESC=a\\ b\\\\c\\\nd\n", { ESC: "a b\\cd" }],
  ['DQ="x\\"y\\$z\\q\\\nnext"\n', { DQ: 'x"y$z\\qnext' }],
  ["EMPTY=\n LEAD = v\n", { EMPTY: "", LEAD: "v" }],
  ['MULTI="one\ntwo"\nNEXT=3', { MULTI: "one\ntwo", NEXT: "3" }],
  ["URL=https://x/#frag\nA=b=c\nNOEQ\n", { URL: "https://x/#frag", A: "b=c" }],
  ["SP='a'  'b'\nTAIL=x\\", { SP: "ab", TAIL: "x" }],
];

test.each(asSystemd)("%j is read as systemd reads it", (text, variables) => {
  expect(parseEnvironmentFile(text)).toEqual({ variables, ignored: [] });
});

test("names that can't be one are left out, with their lines", () => {
  const text = 'A=1\nexport BAD=1\n\n1X=no\nB="2\n3"\n-=4\n';
  expect(parseEnvironmentFile(text)).toEqual({
    variables: { A: "1", B: "2\n3" },
    ignored: [
      { line: 2, why: "\"export BAD\" can't be a variable's name" },
      { line: 4, why: "\"1X\" can't be a variable's name" },
      { line: 7, why: "\"-\" can't be a variable's name" },
    ],
  });
});

test("what is written is read back, whatever is in it", () => {
  for (const value of [
    "",
    "/usr/bin:/bin",
    "a b",
    ' "x" ',
    "it's",
    "$HOME `id` \\",
    "one\ntwo",
    "ünï",
    "#no",
    "a\tb\\n",
  ]) {
    expect(parseEnvironmentFile(`${environmentLine("X", value)}\nY=1\n`).variables).toEqual({ X: value, Y: "1" });
  }
  expect(() => environmentLine("X", "a\0b")).toThrow("holds a NUL");
});
