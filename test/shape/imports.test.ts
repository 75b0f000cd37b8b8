import { expect, test } from "bun:test";
import { dirname, join, normalize } from "node:path";
import { texts } from "../support/sources.ts";

/** Each floor may use the floors below it, never its neighbours or the floors above. */
const floors = [
  ["core"],
  ["git", "store"],
  ["locks", "state", "hosts", "queue", "notify", "metrics"],
  ["template"],
  ["steps"],
  ["engine"],
  ["api", "automation", "web"],
  ["agent"],
  ["cli"],
  ["main.ts", "index.ts"],
];

const home = (path: string) => path.split("/")[1] ?? "";
const floor = (path: string) => floors.findIndex((folders) => folders.includes(home(path)));

/** The paths that a file imports from, type imports too (a bundler's scan leaves those out). */
const importsOf = (source: string) =>
  [...source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path = ""]) => path);

function wrongImports(path: string, source: string): string[] {
  if (floor(path) < 0) return [`${path} is on no floor`];
  return importsOf(source)
    .map((target) => normalize(join(dirname(path), target)))
    .filter((target) => target.startsWith("src/") && home(target) !== home(path) && floor(target) >= floor(path))
    .map((target) => `${path} imports ${target}`);
}

test("imports only go down, and folders on one floor do not know each other", async () => {
  const sources = await texts("src/**/*.ts");
  expect([...sources].flatMap(([path, source]) => wrongImports(path, source))).toEqual([]);
  expect(sources.size).toBeGreaterThan(50);
});

test("the rule sees upward, sideways, lazy and type imports, and a file on no floor", () => {
  expect(wrongImports("src/core/a.ts", 'import type { A } from "../cli/a.ts";')).toEqual([
    "src/core/a.ts imports src/cli/a.ts",
  ]);
  expect(wrongImports("src/locks/a.ts", 'await import("../state/b.ts")')).toEqual([
    "src/locks/a.ts imports src/state/b.ts",
  ]);
  expect(wrongImports("src/cli/a.ts", 'import { b } from "../core/b.ts";\nimport { c } from "./c.ts";')).toEqual([]);
  expect(wrongImports("src/other/a.ts", "")).toEqual(["src/other/a.ts is on no floor"]);
});

test("the bare name of undici, a shim that ignores time limits, is imported nowhere", async () => {
  const bare = [...(await texts("{src,test}/**/*.ts"))].filter(([, source]) =>
    /(?:from|import\()\s*"undici"/.test(source),
  );
  expect(bare.map(([path]) => path)).toEqual([]);
});
