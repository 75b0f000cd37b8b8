import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { download } from "../../src/steps/download.ts";
import type { StepType } from "../../src/steps/step.ts";
import { upload } from "../../src/steps/upload.ts";
import { runStep, stepContext } from "../support/step-context.ts";
import { sandbox } from "../support/temporary.ts";

const root = sandbox();
const there = join(root, "there");
mkdirSync(there);
const modeOf = (file: string) => statSync(file).mode & 0o7777;
const run = (type: StepType, keys: Parameters<typeof runStep>[1]) => runStep(type, keys, stepContext({ root }));

test("upload copies a file of the repository, with its permissions or others, and says how many bytes", async () => {
  writeFileSync(join(root, "conf"), "text\n", { mode: 0o640 });
  const to = join(there, "conf");
  expect(await run(upload, { from: "conf", to })).toMatchObject({ kind: "done", value: 5 });
  expect([readFileSync(to, "utf8"), modeOf(to)]).toEqual(["text\n", 0o640]);
  await run(upload, { from: "conf", to, mode: "0600", host: "here" });
  expect(modeOf(to)).toBe(0o600);
  await run(upload, { from: "conf", to });
  expect(modeOf(to)).toBe(0o600);
  await run(upload, { from: "conf", to, mode: 755 });
  expect(modeOf(to)).toBe(0o755);
});

test("download copies into the repository, through a link, and leaves nothing beside", async () => {
  writeFileSync(join(there, "report"), "new");
  writeFileSync(join(root, "real"), "old");
  symlinkSync("real", join(root, "link"));
  expect(await run(download, { from: join(there, "report"), to: "link" })).toMatchObject({ value: 3 });
  expect([
    readFileSync(join(root, "real"), "utf8"),
    readdirSync(root)
      .filter((name) => /real|link/.test(name))
      .sort(),
  ]).toEqual(["new", ["link", "real"]]);
});

test("a folder is copied with all that is in it, also into itself; what is there besides stays", async () => {
  mkdirSync(join(root, "tree/sub/empty"), { recursive: true });
  writeFileSync(join(root, "tree/a"), "1", { mode: 0o750 });
  writeFileSync(join(root, "tree/sub/b"), "22");
  mkdirSync(join(there, "tree"));
  writeFileSync(join(there, "tree/own"), "own");
  expect(await run(upload, { from: "tree", to: join(there, "tree") })).toMatchObject({ value: 3 });
  const all = readdirSync(join(there, "tree"), { recursive: true }).map(String).sort();
  expect(all).toEqual(["a", "own", "sub", "sub/b", "sub/empty"]);
  expect([modeOf(join(there, "tree/a")), readFileSync(join(there, "tree/sub/b"), "utf8")]).toEqual([0o750, "22"]);
  expect(await run(download, { from: join(root, "tree"), to: "tree/copy" })).toMatchObject({ value: 3 });
  expect(readdirSync(join(root, "tree/copy")).sort()).toEqual(["a", "sub"]);
});

test("what can't be copied is named", async () => {
  await expect(run(upload, { from: "none", to: join(there, "x") })).rejects.toThrow("there is no such file");
  await expect(run(upload, { from: "there", to: join(there, "report") })).rejects.toThrow("not a folder");
  symlinkSync(".", join(there, "loop"));
  await expect(run(upload, { from: "there", to: join(root, "y") })).rejects.toThrow("leads back to it");
  rmSync(join(there, "loop"));
  await expect(run(upload, { from: "conf", to: there })).rejects.toThrow("not a regular file");
  await expect(run(upload, { from: "conf", to: join(there, "no/x") })).rejects.toThrow("no/x");
  await expect(run(download, { from: join(there, "report"), to: "../x" })).rejects.toThrow("is refused");
  await expect(run(upload, { from: "conf", to: "/x", host: "typo" })).rejects.toThrow("typo is not in infra/hosts.yml");
  await expect(run(upload, { from: "conf", to: "/x", mode: "rw" })).rejects.toThrow("such as 0644");
});
