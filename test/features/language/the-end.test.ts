/** How an operation ends: the way back, what is told, and what is left. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = "operation: {name: t, type: deploy, description: d}\n";
const box = (template: string, files: Record<string, string> = {}) =>
  sandbox({ files: { "operations/t.yml": template.includes("operation:") ? template : head + template, ...files } });

const log = async (of: Sandbox) => (existsSync(join(of.root, "log")) ? (await of.read("log")).trim().split("\n") : []);

async function last(of: Sandbox) {
  return JSON.parse((await of.garza("history", "--json")).stdout)[0];
}

test("a step that is refused before it did anything leaves nothing to roll back", async () => {
  await using it = await box(`
steps:
  - {name: take, type: lock, resource: r}
  - {name: a, type: command, command: 'echo \${unset}'}
  - {name: b, type: set, values: {unset: 1}}
rollback: {on_failure: [{name: back, type: command, command: echo back >> log}]}
`);
  expect((await it.garza("run", "t")).exitCode).toBe(1);
  expect(await log(it)).toEqual([]);
  expect(await last(it)).toMatchObject({ status: "failed", rollback: "none" });
});

test("steps of a rollback that may fail may fail after a cancel and a time limit too", async () => {
  await using it = await box(`
operation: {name: t, type: deploy, description: d, timeout: 5}
steps:
  - {name: a, type: command, command: sleep 60, expected_exit: 0, kill_grace: 0.1, output: word}
rollback:
  on_failure:
    - {name: look, type: command, command: exit 1, expected_exit: 0, output: look}
    - {name: try, type: command, command: exit 1, continue_on_failure: true}
    - name: both
      type: conditional
      condition: 'true'
      steps:
        - {type: command, command: exit 1, optional: true}
        - {type: command, command: 'echo "\${look} word=\${word || 0}" >> log'}
`);
  await it.garza("run", "t");
  // A stop is no answer: it leaves no word.
  expect(await log(it)).toEqual(["failed word=0"]);
  expect(await last(it)).toMatchObject({ status: "failed", reason: "timed_out", rollback: "done" });
});

test("a registry that can't be read keeps no operation from its end, nor its locks", async () => {
  await using it = await box(
    `
operation: {name: t, type: deploy, description: d, target: web}
steps:
  - {name: take, type: lock, resource: web}
  - {name: a, type: command, command: exit 1}
notifications: {on_failure: [{message: failed}], on_complete: [{message: complete}]}
`,
    { "infra/services.yml": "services: [\n" },
  );
  expect((await it.garza("run", "t")).exitCode).toBe(1);
  expect(await it.told()).toEqual(["normal: failed", "normal: complete"]);
  expect(await last(it)).toMatchObject({ status: "failed", reason: "step_failed" });
  const again = await it.garza("run", "t");
  expect(again.stdout + again.stderr).not.toContain("is held by");
});

test("what a sensitive step prints is shown nowhere, not even when it fails", async () => {
  await using it = await box(
    `
steps:
  - {name: a, type: command, command: cat first, sensitive: true, output: word}
  - {name: b, type: command, command: 'echo with \${word}'}
  - {name: c, type: command, command: 'cat last; cat last >&2; exit 3', sensitive: true}
`,
    { first: "hunter2-first", last: "hunter2-last" },
  );
  const { stdout, stderr } = await it.garza("run", "t");
  const { id } = await last(it);
  const shown = [stdout, stderr];
  for (const args of [
    ["status", id],
    ["status", id, "--json"],
    ["logs", id],
    ["history", "--json"],
  ]) {
    const ended = await it.garza(...args);
    shown.push(ended.stdout, ended.stderr);
  }
  shown.push(
    (await it.run("cat", join(it.data, "notifications.log"))).stdout,
    await it.read("infra/state/operations.json"),
  );
  expect(shown.join()).toContain("exit code 3");
  expect(shown.join()).not.toContain("hunter2");
});

test("a child that is only validated leaves no secrets behind", async () => {
  await using it = await box(
    `
parameters: {key: {type: secret}}
steps: [{name: look, type: load_operation, template: child, execute: false, parameters: {key: '\${key}'}}]
`,
    {
      "operations/child.yml":
        "operation: {name: child, type: maintain, description: d}\nparameters: {key: {type: secret}}\nsteps: [{name: a, type: command, command: 'echo ${key}'}]",
    },
  );
  expect((await it.garza("run", "t", "key=hunter2hunter2")).exitCode).toBe(0);
  expect((await it.run("ls", join(it.data, "secrets"))).stdout).toBe("");
});

test("a child that is past its step's time limit is cancelled, waited for, and says why", async () => {
  await using it = await box("steps: [{name: a, type: load_operation, template: child, timeout: 5}]", {
    "operations/child.yml": `
operation: {name: child, type: maintain, description: d}
steps:
  - {name: x, type: command, command: 'true', undo: [{type: command, command: sleep 0.2; echo undone >> log}]}
  - {name: y, type: command, command: sleep 60, kill_grace: 0.1}
`,
  });
  await it.garza("run", "t");
  expect(await log(it)).toEqual(["undone"]);
  expect(await last(it)).toMatchObject({ status: "failed", error: "step a failed: step a took longer than 5 s" });
});

test("prerequisites take values of every type, and no empty place", async () => {
  await using it = await box(`
parameters: {code: 3, none: {required: false}}
prerequisites:
  - {check: exit, command: exit 3, expected_exit: '\${code}'}
  - {check: free, unlocked: '\${none}'}
  - {check: there, command: 'true', host: '\${none}'}
steps: [{name: a, type: command, command: echo a >> log}]
`);
  const { exitCode, stdout, stderr } = await it.garza("run", "t");
  expect(exitCode).toBe(4);
  expect(await log(it)).toEqual([]);
  const unmet = (stdout + stderr).match(/(?<=prerequisite not met: )\w+/g);
  expect(unmet).toEqual(["free", "there"]);
});
