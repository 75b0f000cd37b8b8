/** SIGTERM wherever an operation may be: the agent leaves with 0, and the next one carries on to the right end. */
import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { audit } from "../crash/power-loss/audit.ts";
import { until } from "../support/temporary.ts";
import { type Box, faultyBox, lines, startAgent, startBehind, submit } from "./rig.ts";

const untilFile = (name: string) => `until test -e ${name} || ! test -e operations; do sleep 0.05; done`;
const files = {
  "garza.yml": "queue: {max_concurrent: 9}\n",
  "operations/t/locked.yml": `
operation: {name: locked, type: maintain, description: Works under a lock}
parameters: {who: a}
steps:
  - {name: take, type: lock, resource: thing, wait: 60}
  - {name: work, type: command, command: "echo \${who} in >> effects; ${untilFile("go")}; echo \${who} out >> effects"}
  - {name: leave, type: unlock, resource: thing}
`,
  "operations/t/delayed.yml": `
operation: {name: delayed, type: maintain, description: Waits by the clock}
steps:
  - {name: before, type: command, command: echo before >> effects}
  - {name: pause, type: delay, duration: 12s}
  - {name: after, type: command, command: echo after >> effects}
`,
  "operations/t/retried.yml": `
operation: {name: retried, type: maintain, description: Tries again}
steps:
  - {name: try, type: command, command: "echo try >> effects; test -e go", retries: 3, retry_delay: 12s}
`,
  "operations/t/undone.yml": `
operation: {name: undone, type: maintain, description: Goes back}
steps:
  - name: do
    type: command
    command: echo do >> effects
    undo:
      - {name: undo, type: command, command: "echo undo >> effects; ${untilFile("go")}; echo undone >> effects"}
  - {name: fail, type: command, command: exit 3}
`,
};

/** An attempt that is tried again has its own event, which the audit takes for none. */
const wrongIn = (box: Box) =>
  audit(join(box.data, "garza.db"), () => []).filter((fault) => !fault.includes("steps/try"));

test("in a step, a lock's wait, a delay, a retry's pause and a rollback", async () => {
  await using box = await faultyBox({ files });
  const agent = await startAgent(box);
  const ids: Record<string, string | undefined> = {};
  const begin = async (name: string, said: RegExp, parameters = {}) => {
    const { body } = await submit(box, { template: `t/${name}`, parameters });
    ids[`${name} ${Object.values(parameters).join()}`.trim()] = body.id;
    await agent.says(new RegExp(`${body.id} ${said.source}`));
  };
  await begin("locked", /step work started/);
  await begin("locked", /waits for lock:thing/, { who: "b" });
  await begin("undone", /step undo started/);
  await until(() => existsSync(join(box.root, "effects")));
  // Last, as they go on by themselves.
  await begin("retried", /attempt 1 of steps\/try failed/);
  await begin("delayed", /step pause started/);

  agent.signal("SIGTERM");
  await agent.says("leaving: nothing more is begun");
  agent.signal("SIGTERM");
  const left = await agent.ended;
  expect(left.exitCode).toBe(0);
  expect(wrongIn(box)).toEqual([]);

  writeFileSync(join(box.root, "go"), "");
  const next = startBehind(box, [], "queue", "process", "--until-empty");
  // By itself: a signal in the moment in which it leaves would have its usual effect.
  expect((await next.ended).exitCode).toBe(0);
  const ends = next
    .stderr()
    .split("\n")
    .flatMap((line) => /(op_\w+) ended: (\w+)/.exec(line)?.slice(1, 3).join(" ") ?? []);
  const wanted = Object.entries(ids).map(([name, id]) => `${id} ${name === "undone" ? "failed" : "success"}`);
  expect(ends.toSorted()).toEqual(wanted.toSorted());
  const effects = await lines(box, "effects");
  expect(effects.filter((line) => /^[ab] /.test(line))).toEqual(["a in", "a out", "b in", "b out"]);
  expect(effects.filter((line) => !/^[ab] /.test(line)).toSorted()).toEqual([
    "after",
    "before",
    "do",
    "try",
    "try",
    "undo",
    "undone",
  ]);
  expect(wrongIn(box)).toEqual([]);
}, 120_000);

test("one SIGTERM waits for the running step", async () => {
  await using box = await faultyBox();
  const agent = await startAgent(box);
  await submit(box, "t/slow");
  await until(() => existsSync(join(box.root, "effects")));
  agent.signal("SIGTERM");
  await agent.says("leaving");
  writeFileSync(join(box.root, "go"), "");
  const { exitCode, stderr } = await agent.ended;
  expect(exitCode).toBe(0);
  expect(stderr).toContain("step one: success");
  expect(stderr).not.toContain("step two started");
  expect((await startBehind(box, [], "queue", "process", "--until-empty").ended).exitCode).toBe(0);
  expect(await lines(box, "effects")).toEqual(["one", "went", "two"]);
}, 30_000);
