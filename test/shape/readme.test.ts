import { expect, test } from "bun:test";
import manifest from "../../package.json";
import { textOf, texts } from "../support/sources.ts";

const promise =
  "An accepted operation (its id was answered) is never lost and never runs in two places at once. " +
  "A step whose result was recorded is never run again. A step that was running when the agent died is resolved by " +
  "evidence; where there is none, GARZA says so and does not run it again unless the step is declared idempotent " +
  "or has a check.";

test("the README prints the promise in exactly its words", async () => {
  const quoted = (await textOf("README.md")).replace(/\n> ?/g, " ").replace(/\s+/g, " ");
  expect(quoted).toContain(promise);
});

test("the map of the sources has one line for every folder, and no other", async () => {
  const map = /## The map\n+```\n([\s\S]*?)```/.exec(await textOf("README.md"))?.[1] ?? "";
  const mapped = [...map.matchAll(/^src\/(\S+?)\/? {2,}\S/gm)].map(([, name = ""]) => name);
  const there = new Set([...(await texts("src/**/*.ts")).keys()].map((path) => path.split("/")[1] ?? ""));
  expect(mapped.sort()).toEqual([...there].sort());
});

test("the version of Bun in the set-up commands, in CI and in the package is one and the same", async () => {
  const pinned = manifest.devDependencies["bun-types"];
  for (const path of ["README.md", ".ci/run"]) {
    const used = [...(await textOf(path)).matchAll(/bun@(\d+\.\d+\.\d+)/g)].map(([, version]) => version);
    expect([path, ...new Set(used)]).toEqual([path, pinned]);
  }
});

test("every dependency has an exact version", () => {
  const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
