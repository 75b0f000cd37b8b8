import { expect, test } from "bun:test";
import { childEnvironment } from "../../src/core/environment.ts";

test("children get the agent's environment without what changes how programs and shells work", () => {
  const dropped = {
    BUN_OPTIONS: "--preload x",
    BUN_BE_BUN: "1",
    LD_PRELOAD: "x",
    GIT_DIR: "x",
    IFS: "x",
    ENV: "x",
    BASH_ENV: "x",
    CDPATH: "x",
    SHELLOPTS: "xtrace",
    BASHOPTS: "x",
    PS4: "$(id)",
    "BASH_FUNC_ls%%": "() { id; }",
    __garza_1: "x",
  };
  expect(childEnvironment({ ...dropped, PATH: "/p", LANG: "C.UTF-8", EMPTY: "", NONE: undefined })).toEqual({
    PATH: "/p",
    LANG: "C.UTF-8",
    EMPTY: "",
  });
  expect(childEnvironment({}).PATH).toBe("/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
});

test("what a step's author asks for wins, and is checked", () => {
  expect(childEnvironment({ A: "1", GIT_DIR: "x" }, { A: "2", GIT_DIR: "y" })).toMatchObject({ A: "2", GIT_DIR: "y" });
  expect(() => childEnvironment({}, { "A=B": "x" })).toThrow("E_ENV_NAME");
  expect(() => childEnvironment({}, { "": "x" })).toThrow("E_ENV_NAME");
  expect(() => childEnvironment({}, { BASH_ENV: "x" })).toThrow("E_ENV_NAME");
  expect(() => childEnvironment({}, { A: "x\0y" })).toThrow("E_NUL");
});
