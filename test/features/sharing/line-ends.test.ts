import { expect, test } from "bun:test";
import type { Sandbox } from "../../support/sandbox.ts";
import { machines } from "../../support/shared-sandboxes.ts";

const files = {
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { app: "", to: "" }
steps:
  - { type: lock, name: lock, resource: "\${app}", wait: 60 }
  - { type: state_update, name: set, file: apps.json, updates: { ".\${app}": "\${to}" } }
  - { type: unlock, name: unlock, resource: "\${app}" }
`,
  "infra/state/apps.json": '{\n  "web": "0"\n}\n',
};

test("where git checks files out with other line ends than it keeps, nothing is taken for an edit, and edits go there with its own", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  const set = async (box: Sandbox, app: string, to: string) => {
    expect((await box.garza("run", "set", `app=${app}`, `to=${to}`, "--local")).exitCode).toBe(0);
  };
  await at.git(b, "config", "core.autocrlf", "true");
  await at.git(b, "rm", "-q", "--cached", "-r", ".");
  await at.git(b, "reset", "-q", "--hard");
  expect(await b.read("infra/state/apps.json")).toContain("\r\n");

  await set(a, "web", "1");
  await set(b, "own", "1");
  await set(a, "web", "2");
  expect(await b.garza("state", "sync")).toEqual({ exitCode: 0, stdout: "Nothing was to be pushed.\n", stderr: "" });
  expect(await b.json("infra/state/apps.json")).toEqual({ web: "2", own: "1" });

  expect((await b.garza("state", "set", "apps.json", ".hand", "x")).exitCode).toBe(0);
  expect(await b.garza("state", "sync")).toMatchObject({ exitCode: 0, stderr: "" });
  const there = await at.shared("show", "main:infra/state/apps.json");
  expect(there).not.toContain("\r");
  expect(JSON.parse(there)).toEqual({ web: "2", own: "1", hand: "x" });
  expect(await b.read("infra/state/apps.json")).toContain("\r\n");
  expect(await at.git(b, "status", "--porcelain")).toBe("");
}, 60_000);
