import { expect, test } from "bun:test";
import { fit } from "../../src/cli/fit.ts";
import { duration, json, oneLine, paintFor, table, time } from "../../src/cli/output.ts";
import { quoted } from "../../src/cli/summary.ts";

test("durations are said in two units at most", () => {
  const said = [0, 40, 999, 9_949, 9_950, 59_400, 60_000, 200_000, 3_600_000, 7_500_000].map(duration);
  expect(said).toEqual(["0 ms", "40 ms", "999 ms", "9.9 s", "10 s", "59 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min"]);
});

test("times are UTC and say so", () => {
  expect(time(1_795_366_000_000)).toBe("2026-11-22 16:46:40Z");
});

test("columns line up by what is seen: wide characters count twice, colours nothing", () => {
  const paint = paintFor({ isTerminal: true }, {});
  expect(
    table([
      ["日本", "x"],
      [paint.bad("bad"), "y"],
      ["", ""],
    ]),
  ).toBe("日本  x\n\u001b[31mbad\u001b[39m   y\n");
});

test("there is colour on a terminal only, and not with NO_COLOR or on a dumb one", () => {
  const painted = (isTerminal: boolean, env: Record<string, string>) => paintFor({ isTerminal }, env).good("x");
  expect(painted(true, {})).toBe("\u001b[32mx\u001b[39m");
  expect([painted(false, {}), painted(true, { NO_COLOR: "1" }), painted(true, { TERM: "dumb" })]).toEqual([
    "x",
    "x",
    "x",
  ]);
  expect(painted(true, { NO_COLOR: "" })).toBe("\u001b[32mx\u001b[39m");
});

test("a line is cut where the next character would not fit", () => {
  expect(fit([{ text: "abc" }, { text: "def" }], 6, "…")).toBe("abcdef");
  expect(fit([{ text: "abc" }, { text: "def" }], 5, "…")).toBe("abcd…");
  expect(fit([{ text: "日本語" }], 4, "…")).toBe("日…");
  expect(fit([{ text: "👩‍👩‍👧x" }, { text: "y" }], 3, "…")).toBe("👩‍👩‍👧…");
  expect(fit([{ text: "abc", paint: (text) => `<${text}>` }], 2, "…")).toBe("<a>…");
  expect(fit([{ text: "abc" }], 0, "…")).toBe("");
});

test("JSON for a terminal escapes what JSON itself leaves alone, and reads back the same", () => {
  const document = { text: "\u009b2J \u202e \u2028 \u001b é" };
  expect(json(document)).toBe('{\n  "text": "\\u009b2J \\u202e \\u2028 \\u001b é"\n}\n');
  expect(JSON.parse(json(document))).toEqual(document);
});

test("text from outside becomes one harmless line", () => {
  expect(oneLine(" a\r\n  b\u001b[1m ")).toBe("a b\\x1b[1m");
});

test("names in commands to be typed are quoted for sh", () => {
  expect(["build", "switch over", "it's", "a;b"].map(quoted)).toEqual([
    "build",
    "'switch over'",
    "'it'\\''s'",
    "'a;b'",
  ]);
});
