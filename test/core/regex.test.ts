import { expect, test } from "bun:test";
import { GarzaError } from "../../src/core/problem.ts";
import { compileRegex, readRegex } from "../../src/core/regex.ts";

test("slashes make an expression, anything else is plain text", () => {
  const patterns = ["/a+/", "/a/i", "/a\\/b/", "/var/log/", "plain", "/usr/bin", "/", "//", "a/b/", ""];
  expect(patterns.map((pattern) => readRegex(pattern)?.source ?? null)).toEqual([
    "a+",
    "a",
    "a/b",
    "var/log",
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("flags: i ignores case, m anchors at lines, s lets the dot match line ends", async () => {
  const finds = async (pattern: string, text: string) => (await compileRegex(pattern))?.(text);
  expect(await finds("/error/", "an ERROR")).toBe(false);
  expect(await finds("/error/i", "an ERROR")).toBe(true);
  expect(await finds("/^b$/", "a\nb")).toBe(false);
  expect(await finds("/^b$/m", "a\nb")).toBe(true);
  expect(await finds("/a.b/", "a\nb")).toBe(false);
  expect(await finds("/a.b/s", "a\nb")).toBe(true);
  expect(await compileRegex("error")).toBeUndefined();
});

test("an expression that would backtrack without end elsewhere is answered", async () => {
  const explosive = await compileRegex("/^(a+)+$/");
  expect(explosive?.(`${"a".repeat(10_000)}!`)).toBe(false);
});

test("a bad expression is a problem that says what is wrong with it", async () => {
  for (const [pattern, why] of [
    ["/(a/", "missing closing ): `(a`"],
    ["/(?=a)/", "invalid or unsupported Perl syntax: `(?=`"],
  ] as const) {
    const thrown = await compileRegex(pattern).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(GarzaError);
    expect(thrown).toHaveProperty("problem", {
      kind: "value-refused",
      code: "E_REGEX",
      where: pattern,
      message: why,
      hint: "Patterns are RE2: without look-around and back-references.",
    });
  }
});
