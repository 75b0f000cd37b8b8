import { expect, test } from "bun:test";
import { sandbox } from "../../support/sandbox.ts";
import { added, agent, document, effect, files, isUp } from "./templates.ts";

test("a cancel without an agent ends what had not begun, and is kept for what had", async () => {
  await using box = await sandbox({ files });
  const [begun, waiting] = [await added(box, "slow"), await added(box, "slow")];
  const workers = await agent(box, 1);
  await workers.says(`${begun} step wait started`);
  await isUp(box);
  await workers.end();

  expect(await document(box, "queue", "cancel", waiting)).toEqual({
    id: waiting,
    status: "cancelled",
    next: `garza status ${waiting}`,
  });
  expect((await box.garza("queue", "cancel", waiting)).stderr).toContain("has ended already (cancelled)");
  const { stdout } = await box.garza("queue", "cancel", begun);
  expect(stdout).toBe(
    `${begun} is to be rolled back, and no agent runs. Do it here, or start one (garza agent): garza queue resume ${begun}\n`,
  );
  expect((await box.garza("status")).stdout).toContain("asked to cancel it, and it is not rolled back yet");
  expect((await box.garza("queue", "resume", begun)).exitCode).toBe(6);
  expect(await effect(box)).toEqual(["one someone", "undone"]);
});

test("what failed is run again as a new one, and a failed rollback is done again", async () => {
  await using box = await sandbox({ files });
  const failed = await added(box, "broken");
  await box.garza("queue", "process", "--until-empty");
  expect((await box.garza("status")).stdout).toContain(`garza queue rollback ${failed}\n`);

  const again = await document(box, "queue", "retry", failed);
  expect(again).toEqual({ id: expect.stringMatching(/^op_\w{18}$/), is_new: true });
  expect((await document(box, "queue", "show", again.id)).retry_of).toBe(failed);
  await box.garza("queue", "cancel", again.id);

  await box.write("../mended", "");
  const back = await box.garza("queue", "rollback", failed);
  const id = back.stdout.trim();
  expect(back.stderr).toBe(`rolling back ${failed}; no agent runs; it waits in the queue. Start one: garza agent\n`);
  await box.garza("queue", "process", "--until-empty");
  expect(await document(box, "queue", "show", id)).toMatchObject({ rollback: "done", rollback_of: failed });
  expect((await document(box, "status")).attention).toEqual([]);
});

test("a parameter whose default came out empty is no secret that was forgotten", async () => {
  await using box = await sandbox({ files });
  await box.write(
    "operations/empty.yml",
    `operation: { name: empty, type: maintain, description: A test }
parameters: { name: "", label: "\${name}" }
steps:
  - { type: conditional, name: maybe, condition: label, steps: [{ type: command, name: say, command: "echo \${label}" }] }
  - { type: command, name: fail, command: "false" }
`,
  );
  const failed = await added(box, "empty");
  await box.garza("queue", "process", "--until-empty");
  expect(await box.garza("queue", "retry", failed)).toMatchObject({ exitCode: 0 });
});

test("while the queue or a template is paused nothing of it begins, and status says by whom, why, and how to go on", async () => {
  await using box = await sandbox({ files });
  expect((await box.garza("queue", "pause", "--reason", "moving")).stdout).toBe(
    "The queue is paused. Go on: garza queue unpause\n",
  );
  expect((await box.garza("queue", "pause", "nosuch")).exitCode).toBe(3);
  await box.garza("queue", "pause", "slow");
  await added(box, "quick");
  const slow = await added(box, "slow");
  const workers = await agent(box, 2);
  const { stdout } = await box.garza("status");
  expect(stdout).toMatch(/^Paused the queue, by tester@.* \(moving\)\. Go on: garza queue unpause$/m);
  expect(stdout).toMatch(/^Paused slow, by tester@.*\. Go on: garza queue unpause slow$/m);
  expect((await document(box, "queue", "stats")).paused).toHaveLength(2);

  expect(await document(box, "queue", "unpause")).toEqual({ template: null, paused: false, was_paused: true });
  await workers.says("quick");
  await workers.says("ended: success");
  expect((await document(box, "queue", "show", slow)).waiting).toStartWith("slow is paused by tester@");
  expect((await box.garza("queue", "unpause", "slow")).stdout).toBe("slow goes on\n");
  expect((await box.garza("queue", "unpause", "slow")).stdout).toBe("slow was not paused\n");
  await workers.says(`${slow} step wait started`);
});

test("what names no operation is refused by every command that takes one", async () => {
  await using box = await sandbox({ files });
  const one = await added(box, "slow");
  await added(box, "slow");
  for (const command of ["show", "status", "cancel", "retry", "rollback"]) {
    for (const id of ["../x", "op_none", "%"]) {
      const { exitCode, stderr } = await box.garza("queue", command, id);
      expect([exitCode, stderr]).toEqual([2, `garza: there is no operation ${id}. List them: garza history\n`]);
    }
  }
  expect((await box.garza("queue", "show", one.slice(-8))).stdout).toContain(one);
  expect((await box.garza("queue", "list", "faild")).stderr).toContain("Did you mean failed?");
});
