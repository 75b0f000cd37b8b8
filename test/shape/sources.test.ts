import { expect, test } from "bun:test";
import { textOf, texts } from "../support/sources.ts";

const lines = (text: string) => text.split("\n").length;

/** Every place where a pattern stands, as `path: match`. */
function found(sources: Map<string, string>, pattern: RegExp): string[] {
  return [...sources].flatMap(([path, source]) => [...source.matchAll(pattern)].map(([match]) => `${path}: ${match}`));
}

test("no file is longer than 300 lines, and half of the sources are shorter than 120", async () => {
  const code = await texts("{src,test}/**/*.ts");
  expect([...code].filter(([, text]) => lines(text) > 300).map(([path, text]) => `${path}: ${lines(text)}`)).toEqual(
    [],
  );
  const lengths = [...(await texts("src/**/*.ts")).values()].map(lines).sort((a, b) => a - b);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(120);
});

test("only main reads the environment and the arguments, and only main exits", async () => {
  const sources = await texts("src/**/*.ts");
  sources.delete("src/main.ts");
  const reads = /\bprocess\.(?:env|exit|exitCode|argv)\b|\bBun\.(?:env|argv)\b|\bimport\.meta\.env\b/g;
  expect(found(withoutComments(sources), reads)).toEqual([]);
});

test("only the clock reads the clock", async () => {
  const sources = await texts("src/**/*.ts");
  sources.delete("src/core/clock.ts");
  expect(found(withoutComments(sources), /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/g)).toEqual([]);
});

test("nothing is left to be done: no such word, no silenced check, no skipped test", async () => {
  const words = [
    "to" + "do",
    "fix" + "me",
    "x" + "xx",
    "not " + "implemented",
    "ts-" + "ignore",
    "ts-" + "expect-error",
  ];
  const everything = await texts("{src,test,operations,.ci}/**/*.{ts,sql,sh,yml,md}");
  for (const path of ["build.ts", "README.md", "CHANGELOG.md", ".ci/run"]) everything.set(path, await textOf(path));
  expect(found(everything, new RegExp(`\\b(?:${words.join("|")})\\b`, "gi"))).toEqual([]);
  expect(found(await texts("test/**/*.ts"), /\b(?:test|it|describe)\.(?:only|skip|to[d]o)\b/g)).toEqual([]);
});

test("no source is named after what it is not: no utils, no helpers, no managers", async () => {
  const names = [...(await texts("{src,test}/**/*.ts")).keys()];
  const vague = /\/(?:utils?|helpers?|managers?|handlers?|misc|common|types|shared)\.ts$/;
  expect(names.filter((path) => vague.test(path))).toEqual([]);
});

function withoutComments(sources: Map<string, string>): Map<string, string> {
  const bare = (source: string) => source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
  return new Map([...sources].map(([path, source]) => [path, bare(source)]));
}
