/** A work tree that can't be brought up to date: what is shown until then, and that it goes on once it can. */
import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { machines } from "../../support/shared-sandboxes.ts";

const files = {
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { key: "", to: "" }
steps:
  - { type: state_update, name: set, file: d.json, updates: { ".\${key}": "\${to}" } }
`,
  "infra/state/d.json": '{\n  "a": "0"\n}\n',
  "a.txt": "1\n",
};

const set = (box: Sandbox, key: string, to: string) => box.garza("run", "set", `key=${key}`, `to=${to}`, "--local");

test("what is published is shown, though changes in the tree stand in the way of it", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  await b.write("a.txt", "theirs\n");
  await at.git(b, "commit", "-q", "-a", "-m", "Theirs");
  await at.git(b, "push", "-q");
  await a.write("a.txt", "mine\n");
  expect((await set(a, "a", "A")).stderr).toContain("changes in the work tree stand in the way: git pull");
  expect(await a.json("infra/state/d.json")).toEqual({ a: "0" });
  expect(await a.garza("state", "get", "d.json", ".a")).toEqual({ exitCode: 0, stdout: "A\n", stderr: "" });

  await at.git(a, "checkout", "-q", "a.txt");
  expect(await a.garza("state", "sync")).toMatchObject({ exitCode: 0, stderr: "" });
  expect([await a.json("infra/state/d.json"), await a.read("a.txt")]).toEqual([{ a: "A" }, "theirs\n"]);

  // Of a journal that can't be read nothing is known.
  writeFileSync(join(a.data, "garza.db"), "no database");
  expect(await a.garza("state", "get", "d.json", ".a")).toEqual({
    exitCode: 0,
    stdout: "A\n",
    stderr: expect.stringContaining("This is the work tree's; what is not in it yet can't be told: "),
  });
});

test("a lock of git's that is left on the branch is named, and what was changed meanwhile stands in nobody's way", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  const lock = join(a.root, ".git/refs/heads/main.lock");
  writeFileSync(lock, "");
  expect((await set(a, "a", "A")).stderr).toContain(lock);
  expect((await set(a, "c", "C")).stderr).toContain(lock);
  rmSync(lock);
  expect(await a.garza("state", "sync")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await a.json("infra/state/d.json")).toEqual({ a: "A", c: "C" });
  expect(await at.git(a, "status", "--porcelain")).toBe("");
  expect(await at.git(a, "rev-parse", "HEAD")).toBe(await at.shared("rev-parse", "main"));
});
