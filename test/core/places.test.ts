import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { findPlaces } from "../../src/core/places.ts";
import { GarzaError } from "../../src/core/problem.ts";
import { sandbox } from "../support/temporary.ts";

const base = sandbox();

const linux = { platform: "linux" };

function refusal(find: () => unknown): string {
  try {
    find();
  } catch (thrown) {
    if (thrown instanceof GarzaError && thrown.problem.kind === "configuration") return thrown.message;
    throw thrown;
  }
  return "found";
}

test("the root is what --root names, then GARZA_ROOT, then the nearest parent with operations/", () => {
  const path = mkdtempSync(join(base, "box-"));
  for (const name of ["a/operations", "a/deep/down", "b/operations", "c/operations"]) {
    mkdirSync(join(path, name), { recursive: true });
  }
  const cwd = join(path, "a/deep/down");
  const env = { HOME: "/home/ada" };
  const root = (request: object) => findPlaces({ env, cwd, ...linux, ...request }).root;
  expect(root({})).toBe(join(path, "a"));
  expect(root({ env: { ...env, GARZA_ROOT: join(path, "b") } })).toBe(join(path, "b"));
  expect(root({ env: { ...env, GARZA_ROOT: join(path, "b") }, root: "../../../c" })).toBe(join(path, "c"));
  expect(root({ env: { ...env, GARZA_ROOT: "" } })).toBe(join(path, "a"));
});

test("a root that is reached through a link is the real one, so it has one data folder", () => {
  const path = mkdtempSync(join(base, "box-"));
  mkdirSync(join(path, "real/operations"), { recursive: true });
  symlinkSync(join(path, "real"), join(path, "link"));
  const places = (cwd: string) => findPlaces({ env: { HOME: "/home/ada" }, cwd: join(path, cwd), ...linux });
  expect(places("link")).toEqual(places("real"));
});

test("the data folder is named for the root, in the platform's state folder", () => {
  const path = mkdtempSync(join(base, "box-"));
  const root = join(path, "ops");
  mkdirSync(join(root, "operations"), { recursive: true });
  const name = `ops-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`;
  const data = (env: Record<string, string>, platform = "linux") => findPlaces({ env, cwd: root, platform }).data;
  expect(data({ HOME: "/h" })).toBe(`/h/.local/state/garza/${name}`);
  expect(data({ HOME: "/h", XDG_STATE_HOME: "/s" })).toBe(`/s/garza/${name}`);
  expect(data({ HOME: "/h", XDG_STATE_HOME: "relative" })).toBe(`/h/.local/state/garza/${name}`);
  expect(data({ HOME: "/h", XDG_STATE_HOME: "/s" }, "darwin")).toBe(`/h/Library/Application Support/garza/${name}`);
  expect(data({ GARZA_HOME: "/data" })).toBe("/data");
});

test("no root and no home are problems that say what to do", () => {
  const path = mkdtempSync(join(base, "box-"));
  mkdirSync(join(path, "ops/operations"), { recursive: true });
  const find = (request: object) => refusal(() => findPlaces({ env: {}, cwd: path, ...linux, ...request }));
  expect(find({})).toContain("garza init");
  expect(find({ root: "none" })).toContain("there is no such folder");
  expect(find({ root: "." })).toContain("this folder has no operations/");
  expect(find({ root: "ops" })).toContain("GARZA_HOME");
  expect(find({ root: "ops", env: { HOME: "relative" } })).toContain("is not an absolute path");
});
