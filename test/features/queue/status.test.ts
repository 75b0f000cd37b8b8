import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";
import { added, agent, document, files, isUp } from "./templates.ts";

const status = async (box: Sandbox) => (await box.garza("status")).stdout;

/** The step's own process dies with its agent, and leaves no record. */
async function killStep(box: Sandbox): Promise<void> {
  const [run = ""] = readdirSync(join(box.data, "run"));
  const group = Number((await box.read(join("../data/run", run, "pid"))).split("\n")[0]);
  process.kill(-group, "SIGKILL");
  await box.run("sh", "-c", `while kill -0 -- -${group} 2>/dev/null; do sleep 0.02; done`);
}

test("it shows who runs, the current step, and why each of the first in the queue waits", async () => {
  await using box = await sandbox({ files });
  expect(await status(box)).toBe("Nothing has run here yet. Try: garza run demo/hello\n");
  const workers = await agent(box, 1);
  expect(await status(box)).toMatch(/^Agent {2}garza queue process \(process \d+\), since .*, 0 of 1 worker busy\n$/);
  const running = await added(box, "slow");
  await workers.says(`${running} step wait started`);
  const waiting = await Promise.all(Array.from({ length: 7 }, () => added(box, "slow", "--priority", "3")));

  const text = await status(box);
  expect(text).toMatch(new RegExp(`^Running\\n  ${running}  slow  .*  step wait for `, "m"));
  expect(text).toContain("Queued (7)\n");
  expect(text).toContain("slow  priority 3");
  expect(text).toContain("1 of 1 workers busy, 4 before it\n  … and 2 more: garza queue list queued\n");
  expect(text).not.toContain("Needs attention");
  const all = await document(box, "status");
  expect(all.agent).toMatchObject({ pid: workers.pid, command: "garza queue process", workers: 1, busy: 1 });
  expect(all.running[0]).toMatchObject({ id: running, current_step: { name: "wait", more: 0 } });
  expect([all.queued_count, all.queued.length, all.attention]).toEqual([7, 5, []]);
  expect(waiting).toContain(all.queued[0].id);
});

test("after the agent was killed it says what ran, what the step left, and what to type", async () => {
  await using box = await sandbox({ files });
  const workers = await agent(box, 1);
  const id = await added(box, "slow");
  await workers.says(`${id} step wait started`);
  await isUp(box);
  await workers.end();
  const first = await status(box);
  expect(first).toContain("Agent  none runs, and 1 operation waits for one. Start it: garza agent\n");
  expect(first).toContain("    the process that ran it is gone\n");
  expect(first).toContain(`garza queue resume ${id}\n`);
  expect((await box.garza("queue", "list", "running")).stdout).toMatch(new RegExp(`^${id}  died `));
  expect((await box.garza("history")).stdout).toContain("  died  ");

  // Whoever writes next takes the row over: it waits in the queue, and still needs somebody.
  await box.garza("queue", "pause", "quick");
  expect((await document(box, "queue", "show", id)).status).toBe("queued");
  const one = (await box.garza("status", id)).stdout;
  expect(one).toContain("What is known\n  wait: its command still runs by itself\n");
  expect(one).toContain("its process is gone, and no agent runs: garza agent\n");
  expect((await document(box, "status")).attention).toMatchObject([
    { id, why: "the process that ran it is gone", next: [`garza queue resume ${id}`, "garza agent"] },
  ]);

  const next = await agent(box, 1);
  expect(await status(box)).not.toContain("Needs attention");
  await box.write("../go", "");
  await next.says(`${id} ended: success`);
});

test("a step that nobody can tell of is asked about with the commands that settle it", async () => {
  await using box = await sandbox({ files });
  const workers = await agent(box, 1);
  const id = await added(box, "slow");
  await workers.says(`${id} step wait started`);
  await isUp(box);
  await workers.end();
  await killStep(box);
  const resolving = `garza queue resolve ${id} --step wait --as done|not-done|failed`;
  expect(await status(box)).toContain(`    if it can't tell:     ${resolving}\n`);
  expect((await box.garza("queue", "resume", id)).exitCode).toBe(7);

  const text = await status(box);
  expect(text).toContain("    nobody knows whether step wait took effect\n");
  expect(text).toContain(`    say what became of it:  ${resolving}\n`);
  expect(text).toContain(`    or roll it back:        garza queue rollback ${id}\n`);
  expect((await box.garza("status", id)).stdout).toContain(`Say what became of it:  ${resolving}\n`);

  const back = await box.garza("queue", "rollback", id);
  expect([back.stdout, back.stderr]).toEqual([
    `${id}\n`,
    `rolling back ${id}; no agent runs. Do it here, or start one (garza agent): garza queue resume ${id}\n`,
  ]);
  expect((await box.garza("queue", "resume", id)).exitCode).toBe(6);
  expect((await document(box, "status")).attention).toEqual([]);
});

test("an operation whose process died again and again at one step is told, until it was run again", async () => {
  await using box = await sandbox({ files });
  const id = await added(box, "slow");
  for (let deaths = 0; deaths < 3; deaths++) {
    const workers = await agent(box, 1);
    if (deaths === 0) await isUp(box);
    else await workers.says(`carrying on what ran when its process died: ${id}`);
    await workers.end();
  }
  await box.garza("queue", "process", "--until-empty");
  const text = await status(box);
  expect(text).toContain("the process that ran it died 3 times in a row in step wait");
  expect(text).toContain(`    run it again:  garza queue retry ${id}\n`);
  await box.garza("queue", "retry", id);
  expect((await document(box, "status")).attention).toEqual([]);
});
