import { expect, test } from "bun:test";
import { sandbox } from "../../support/sandbox.ts";
import { added, agent, files } from "./templates.ts";

test("a session with two workers in the background works word for word", async () => {
  await using box = await sandbox({ files });
  const workers = await agent(box, 2);

  const failing = await added(box, "broken");
  await workers.says(`${failing} ended: failed`);
  const first = await box.garza("queue", "add", "slow", "name=Ada");
  const second = await box.garza("queue", "add", "slow", "name=Grace");
  const [ada, grace] = [first.stdout.trim(), second.stdout.trim()];
  expect([first.exitCode, first.stdout, second.stderr]).toEqual([
    0,
    expect.stringMatching(/^op_\w{18}\n$/),
    `an agent runs it: garza logs ${grace} -f\n`,
  ]);
  for (const id of [ada, grace]) await workers.says(`${id} step wait started`);
  const third = await added(box, "slow", "name=Edsger");

  const stats = await box.garza("queue", "stats");
  expect(stats.stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 2).join(" "))).toEqual([
    "queued 1",
    "running 2",
    "success 0",
    "failed 1",
    "cancelled 0",
    "interrupted 0",
    "",
  ]);
  const listed = async (status: string) =>
    (await box.garza("queue", "list", status)).stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(/ {2,}/))
      .map(([id, as, , , template, why]) => [id, as, template, why].filter(Boolean).join(" "));
  expect((await listed("running")).sort()).toEqual([`${ada} running slow`, `${grace} running slow`].sort());
  expect(await listed("failed")).toEqual([`${failing} failed broken in second`]);
  expect(await listed("queued")).toEqual([`${third} queued slow 2 of 2 workers busy, 0 before it`]);

  expect((await box.garza("queue", "cancel", third)).stdout).toBe(
    `${third} is cancelled; it had not begun: garza status ${third}\n`,
  );
  expect((await box.garza("queue", "cancel", grace)).stdout).toBe(
    `${grace} is being stopped and rolled back: garza logs ${grace} -f\n`,
  );
  await workers.says(`${grace} ended: cancelled`);
  const status = async (id: string) => (await box.garza("queue", "status", id)).stdout;
  expect(await status(grace)).toMatch(/^status +cancelled$/m);
  expect(await status(grace)).toMatch(/^rollback +done$/m);
  expect(await status(ada)).toMatch(/^status +running$/m);
  expect((await box.garza("queue", "show", ada)).stdout).toContain(`Stop it:    garza queue cancel ${ada}\n`);
  await box.write("../go", "");
  await workers.says(`${ada} ended: success`);
  expect(await status(ada)).toMatch(/^status +success$/m);
});
