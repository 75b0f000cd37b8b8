/** What a dry run shows of what only a run can know, and what is refused before the first step. */
import { expect, test } from "bun:test";
import { sandbox } from "../../support/sandbox.ts";

const head = "operation: {name: t, type: maintain, description: d}\n";

test("a dry run shows a child's steps, also where its parameters are known only by the run", async () => {
  await using box = await sandbox({
    files: {
      "operations/t.yml": `${head}
parameters: {none: {required: false}}
steps:
  - {name: a, type: command, command: echo 3, output: n}
  - {name: b, type: load_operation, template: child, parameters: {n: '\${n}', m: '\${none}'}}
`,
      "operations/child.yml":
        "operation: {name: child, type: maintain, description: d}\nparameters: {n: 1, m: 2}\nsteps: [{name: c, type: command, command: 'echo ${n} ${m}'}]",
    },
  });
  const { exitCode, stdout } = await box.garza("run", "t", "--dry-run", "--json");
  expect(exitCode).toBe(0);
  const { steps } = JSON.parse(stdout);
  expect(steps[1].nested).toMatchObject([
    { key: "child", steps: [{ name: "c", lines: [{ label: "command", text: "$ echo '⟨from step a⟩' 2" }] }] },
  ]);
});

test("a dry run of a state update shows the places as they will be written", async () => {
  await using box = await sandbox({
    files: {
      "operations/t.yml": `${head}
parameters: {app: a.b, none: {required: false}}
steps: [{name: a, type: state_update, file: d.json, updates: {'.apps.\${app}': up, .none: '\${none}', .old: null}}]
`,
      "infra/state/d.json": '{"old": 1}',
    },
  });
  const { steps, diffs } = JSON.parse((await box.garza("run", "t", "--dry-run", "--json")).stdout);
  expect(steps[0].lines).toEqual([
    { label: "set", text: 'd.json .apps["a.b"] = "up"' },
    { label: "leave", text: "d.json .none, as its value is not set" },
    { label: "delete", text: "d.json .old" },
  ]);
  expect(diffs).toEqual([{ file: "d.json", diff: '+ .apps["a.b"]: "up"\n- .old: 1' }]);
});

test("an approval that nobody can give is refused before the first step, in a child too", async () => {
  await using box = await sandbox({
    files: {
      "operations/t.yml": `${head}steps: [{name: a, type: command, command: echo a >> log}, {name: b, type: load_operation, template: child}]`,
      "operations/child.yml":
        "operation: {name: child, type: maintain, description: d}\nsteps: [{name: ask, type: approval}]",
    },
  });
  const { exitCode, stderr } = await box.garza("run", "t");
  expect(exitCode).toBe(4);
  expect(stderr).toContain("somebody can approve (step ask)");
  expect((await box.run("ls")).stdout).not.toContain("log");
});
