import { expect, test } from "bun:test";
import { sandbox } from "../../support/sandbox.ts";
import { added, agent, document, files } from "../queue/templates.ts";

const talking = `operation: { name: talking, type: maintain, description: A test }
steps:
  - { type: command, name: greet, command: echo hello }
  - { type: command, name: talk, command: "echo begun; while [ -d ../root ] && [ ! -e ../go ]; do sleep 0.02; done; echo over" }
`;
const nesting = `operation: { name: nesting, type: maintain, description: A test }
steps: [{ type: load_operation, name: within, template: talking }]
`;
const all = { ...files, "operations/talking.yml": talking, "operations/nesting.yml": nesting };

test("one that is queued is waited for, followed over its agent's death and return, and ends with it", async () => {
  await using box = await sandbox({ files: all });
  const id = await added(box, "talking");
  const logs = box.start("logs", id, "-f");
  await logs.says(`${id} waits: no agent runs: garza agent\n`);
  const first = await agent(box, 1);
  await logs.says("greet | hello\ntalk | begun\n");
  await first.end();
  await logs.says(`${id} waits: the process that ran it is gone, and no agent runs: garza agent\n`);
  await agent(box, 1);
  await box.write("../go", "");
  expect(await logs.ended).toMatchObject({ stdout: "greet | hello\ntalk | begun\ntalk | over\n", exitCode: 0 });
});

test("one within another is followed to its own end, and the outer one with what ran in it", async () => {
  await using box = await sandbox({ files: all });
  await agent(box, 1);
  const outer = await added(box, "nesting");
  const whole = box.start("logs", outer, "-f");
  await whole.says("talk | begun\n");
  const [{ id }] = (await document(box, "queue", "show", outer)).nested;
  const inner = box.start("logs", id, "-f", "--step", "talk");
  await inner.says("talk | begun\n");
  await box.write("../go", "");
  expect(await inner.ended).toMatchObject({ stdout: "talk | begun\ntalk | over\n", stderr: "", exitCode: 0 });
  expect(await whole.ended).toMatchObject({ stdout: "greet | hello\ntalk | begun\ntalk | over\n", exitCode: 0 });
});

test("a step that never was is refused, followed or not, once that is known", async () => {
  await using box = await sandbox({ files: all });
  await box.garza("run", "quick");
  const [{ id }] = await document(box, "history");
  for (const follow of [[], ["-f"]]) {
    const { exitCode, stderr } = await box.garza("logs", id, "--step", "sya", ...follow);
    expect([exitCode, stderr]).toEqual([2, 'garza: the operation ran no step "sya"\n  Nearest: say\n']);
  }
});
