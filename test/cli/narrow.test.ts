import { expect, test } from "bun:test";
import { commandHelp, overview } from "../../src/cli/help.ts";
import { topics } from "../../src/cli/help-topics.ts";
import { commands } from "../../src/cli/index.ts";
import { narrow } from "../../src/cli/narrow.ts";

test("what is longer than the terminal is broken between words, and continued where its text began", () => {
  const text =
    "It says a little more than\nfits here.\n\n  --flag <x>  What the flag is for\n  a command that is to be typed\nshort";
  expect(narrow(text, 24)).toBe(
    "It says a little more\nthan fits here.\n\n  --flag <x>  What the flag is for\n  a command that is to be typed\nshort",
  );
  expect(narrow("  --flag <x>  What the flag is for, in words", 36)).toBe(
    "  --flag <x>  What the flag is for,\n              in words",
  );
  expect(narrow(text, Number.POSITIVE_INFINITY)).toBe(text);
});

test("on 80 columns no line of any help is cut, but for what is to be typed", async () => {
  const texts = [overview(commands), ...(await Promise.all(topics.map((topic) => topic.text())))];
  for (const { load } of commands) texts.push(commandHelp(await load()));
  for (const text of texts) {
    const shown = narrow(text, 80);
    const long = shown.split("\n").filter((line) => Bun.stringWidth(line) > 80);
    expect(long.filter((line) => !/^ {2}(garza|source|printf|\{)/.test(line))).toEqual([]);
    expect(shown.split(/\s+/)).toEqual(text.split(/\s+/));
  }
});
