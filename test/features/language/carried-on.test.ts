/** What a crash left open, carried on: nothing is lost, nothing is done twice, and nothing is guessed. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = "operation: {name: t, type: deploy, description: d}\n";
const gone = "kill -9 $PPID; kill -9 $$";

const started = (steps: string, env: Record<string, string> = {}, files: Record<string, string> = {}) =>
  sandbox({ files: { "operations/t.yml": head + steps, ...files }, env });

const log = async (box: Sandbox) =>
  existsSync(join(box.root, "log")) ? (await box.read("log")).trim().split("\n") : [];

async function only(box: Sandbox): Promise<{ id: string; status: string; reason: string | null }> {
  const [row] = JSON.parse((await box.garza("history", "--json")).stdout);
  return row;
}

/** Until no process of the sandbox's steps runs any more. */
async function quiet(box: Sandbox): Promise<void> {
  while ((await box.run("pgrep", "-f", `${box.data}/run/`)).exitCode === 0) await Bun.sleep(5);
}

async function resume(box: Sandbox) {
  box.env.GARZA_KILL_AT = "";
  return box.garza("queue", "resume", (await only(box)).id);
}

test("an idempotent step that is gone without a record is run again", async () => {
  await using box = await started(
    `steps: [{name: a, type: command, idempotent: true, command: 'echo a >> log; test -e once || { touch once; ${gone}; }'}]`,
    { GARZA_KILL_AT: "J3" },
  );
  await box.garza("run", "t");
  await quiet(box);
  expect((await resume(box)).exitCode).toBe(0);
  expect(await log(box)).toEqual(["a", "a"]);
});

test("a step that is gone without a record is run again where its check does not see the effect", async () => {
  await using box = await started(
    `steps: [{name: a, type: command, check: test -e effect, command: 'echo a >> log; test -e once || { touch once; ${gone}; }'}]`,
    { GARZA_KILL_AT: "J3" },
  );
  await box.garza("run", "t");
  await quiet(box);
  expect((await resume(box)).exitCode).toBe(0);
  expect(await log(box)).toEqual(["a", "a"]);
});

test("and is skipped where its check sees it", async () => {
  await using box = await started(
    `steps: [{name: a, type: command, check: test -e effect, command: 'echo a >> log; touch effect; ${gone}'}, {name: b, type: command, command: echo b >> log}]`,
    { GARZA_KILL_AT: "J3" },
  );
  await box.garza("run", "t");
  await quiet(box);
  expect((await resume(box)).exitCode).toBe(0);
  expect(await log(box)).toEqual(["a", "b"]);
});

test("a process that still runs is followed to its end, though its check sees the effect already", async () => {
  await using box = await started(
    `steps: [{name: a, type: command, check: test -e effect, output: said, command: 'touch effect; until test -e go; do sleep 0.01; done; echo done'}, {name: b, type: command, command: 'echo \${said} >> log'}]`,
    { GARZA_KILL_AT: "J3" },
  );
  await box.garza("run", "t");
  box.env.GARZA_KILL_AT = "";
  const resumed = box.start("queue", "resume", (await only(box)).id);
  await box.write("go", "");
  expect((await resumed.ended).exitCode).toBe(0);
  expect(await log(box)).toEqual(["done"]);
});

test("a process that is found again keeps the time limit of its first start", async () => {
  await using box = await started(
    "steps: [{name: a, type: command, timeout: 0.3, kill_grace: 0.1, command: 'echo a >> log; sleep 60'}]",
    { GARZA_KILL_AT: "J3" },
  );
  await box.garza("run", "t");
  const before = performance.now();
  const { exitCode, stdout, stderr } = await resume(box);
  expect(exitCode).toBe(1);
  expect(stdout + stderr).toContain("took longer than 0.3 s");
  expect(performance.now() - before).toBeLessThan(30_000);
});

test("an item of a loop that nobody can tell of leaves the others to their end", async () => {
  await using box = await started(
    `
steps:
  - name: each
    type: foreach
    items: [lost, slow]
    as: item
    parallel: true
    steps:
      - {name: work, type: command, command: 'test \${item} = slow || { ${gone}; }; until test -e go; do sleep 0.01; done; echo slow >> log'}
  - {name: after, type: command, command: echo after >> log}
`,
    { GARZA_KILL_AT: "J3#2" },
  );
  await box.garza("run", "t");
  box.env.GARZA_KILL_AT = "";
  const { id } = await only(box);
  const resumed = box.start("queue", "resume", id);
  await box.write("go", "");
  expect((await resumed.ended).exitCode).toBe(7);
  expect(await log(box)).toEqual(["slow"]);
  expect((await box.told()).join()).toMatch(/^high: t is interrupted: .*garza queue resolve/);
  const resolved = await box.garza("queue", "resolve", id, "--step", "work", "--as", "done");
  expect(resolved.exitCode).toBe(0);
  expect((await box.garza("queue", "resume", id)).exitCode).toBe(0);
  expect(await log(box)).toEqual(["slow", "after"]);
});

test("a cancel is still a cancel after a crash on the way back, and steps that were skipped hide no undo", async () => {
  await using box = await started(
    `
steps:
  - {name: not, type: command, command: 'true', when: 'false'}
  - {name: may-fail, type: command, command: 'false', continue_on_failure: true}
  - {name: a, type: command, command: 'true', undo: [{type: command, command: echo undone >> log}]}
  - {name: b, type: command, command: 'echo ready; sleep 60', kill_grace: 0.1}
`,
    { GARZA_KILL_AT: "J2#4" },
  );
  const run = box.start("run", "t");
  await run.says("ready");
  run.signal("SIGINT");
  await run.ended;
  expect(await log(box)).toEqual([]);
  await resume(box);
  expect(await log(box)).toEqual(["undone"]);
  expect(await only(box)).toMatchObject({ status: "cancelled", rollback: "done" });
});

test("on the way back nobody is asked what became of a step: the rollback has failed", async () => {
  await using box = await started(
    `
steps:
  - {name: take, type: lock, resource: t}
  - {name: a, type: command, command: exit 1}
rollback:
  on_failure:
    - {name: lost, type: command, command: '${gone}'}
    - {name: next, type: command, command: echo next >> log}
`,
    { GARZA_KILL_AT: "J3#2" },
  );
  await box.garza("run", "t");
  await quiet(box);
  await resume(box);
  expect(await log(box)).toEqual(["next"]);
  expect(await only(box)).toMatchObject({ status: "failed", rollback: "failed", attention: "the rollback failed" });
});

test("what a sensitive step gave is there for later steps after a crash, and shown by none", async () => {
  await using box = await started(
    `
steps:
  - {name: a, type: command, command: printf hunter2hunter2, sensitive: true, output: word}
  - {name: b, type: command, command: 'test \${word} = hunter2hunter2 && echo \${word} && echo \${steps.a.stdout}'}
`,
    { GARZA_KILL_AT: "J2#2" },
  );
  await box.garza("run", "t");
  expect((await resume(box)).exitCode).toBe(0);
  expect((await box.garza("logs", (await only(box)).id)).stdout).toBe("== b (success)\n***\n***\n");
  expect((await box.run("ls", join(box.data, "secrets"))).stdout).toBe("");
});
