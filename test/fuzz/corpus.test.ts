import { expect, test } from "bun:test";
import { join } from "node:path";
import { checkShell } from "../../src/template/shell/check.ts";

const texts = (await Bun.file(join(import.meta.dir, "commands.txt")).text()).split(/^---\n/m);
const declared = { declared: true, enum: false, allowDash: false, number: false };

test("the commands are many, different, and hold placeholders", () => {
  expect(new Set(texts).size).toBeGreaterThanOrEqual(210);
  expect(texts.filter((text) => !/(?<!\$)\$\{\w+\}/.test(text))).toEqual([]);
});

// Most of the rest are values in `sed`, `jq` and `sh -c` programs, which no quoting makes safe: 95 of 100 is out of reach.
test("at least 93 of 100 commands that people write are accepted as they are", () => {
  const refused = texts.flatMap((text) => {
    const codes = checkShell(text, () => declared)
      .filter(({ severity }) => severity === "error")
      .map(({ code }) => code);
    return codes.length > 0 ? [{ codes, text }] : [];
  });
  for (const { codes, text } of refused) console.log(`${codes.join(" ")}: ${text.trimEnd()}`);
  console.log(`${texts.length - refused.length} of ${texts.length} commands are accepted`);
  expect(refused.length).toBeLessThanOrEqual(texts.length * 0.07);
});
