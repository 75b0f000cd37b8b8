/** kill -9 in the middle of what takes more than one step: it is carried on as if nobody had been killed. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../support/sandbox.ts";
import { until } from "../support/temporary.ts";
import { judge, momentOf } from "./kills/look.ts";
import { files } from "./kills/templates.ts";

type Step = Record<string, unknown>;

const mark = (name: string) => `echo "$GARZA_RUN begin \${operation.id} ${name} -" >> effects`;
const effect = (name: string, between = "true") => ({
  type: "command",
  command: `${mark(name)}; ${between}; ${mark(name).replace("begin", "end")}`,
});
const step = (name: string, between?: string): Step => ({ ...effect(name, between), name });

async function boxWith(steps: Step[], more: Step = {}): Promise<Sandbox> {
  const operation = { name: "carried", type: "maintain", description: "Leaves effects" };
  return sandbox({ files: { ...files, "operations/carried.yml": JSON.stringify({ operation, steps, ...more }) } });
}

const linesIn = ({ root }: Sandbox, what: string) =>
  readFileSync(join(root, "effects"), "utf8")
    .split("\n")
    .filter((line) => line.includes(` ${what} `))
    .map((line) => line.split(" ")[3]);

async function add(box: Sandbox): Promise<string> {
  const { stdout } = await box.garza("queue", "add", "carried", "--json");
  return (JSON.parse(stdout) as { id: string }).id;
}

/** An agent that is killed as soon as `count` effects have begun. */
async function killAt(box: Sandbox, count: number): Promise<void> {
  const agent = box.start("queue", "process", "1");
  await agent.says("ready: ");
  await until(() => linesIn(box, "begin").length >= count);
  agent.signal("SIGKILL");
  await agent.ended;
}

/** What is wrong when the rest has run. */
async function carryOn(box: Sandbox, id: string) {
  const { exitCode } = await box.garza("queue", "process", "1", "--until-empty");
  return { exitCode, standing: momentOf(box).standing.get(id), faults: judge(box, []) };
}

test("a look of wait_for that was cut off is ended before the next one", async () => {
  const look = { ...effect("look", "sleep 0.4; echo yes"), output: "seen" };
  const wait = { type: "wait_for", name: "wait", condition: "seen == 'yes'", interval: "20ms", steps: [look] };
  await using box = await boxWith([wait]);
  const id = await add(box);
  await killAt(box, 1);
  expect(await carryOn(box, id)).toEqual({ exitCode: 0, standing: "success", faults: [] });
  expect(linesIn(box, "begin")).toEqual(["look"]);
}, 30_000);

test("the condition of a loop is looked at once, before it begins", async () => {
  const each = { type: "foreach", items: ["a", "b"], as: "letter", steps: [effect("each-${letter}")] };
  await using box = await boxWith([
    { ...each, name: "never", when: "1 == 2" },
    { ...each, name: "each", check: "grep -q each effects" },
    step("slow", "sleep 0.3"),
    { type: "aggregate_results", name: "report", from: "each", output: "report" },
  ]);
  const id = await add(box);
  await killAt(box, 3);
  expect(await carryOn(box, id)).toEqual({ exitCode: 0, standing: "success", faults: [] });
  expect(linesIn(box, "end")).toEqual(["each-a", "each-b", "slow"]);
}, 30_000);

test("a cancel from before it was carried on stops every item of a loop that was running", async () => {
  const steps = [effect("${letter}"), effect("${letter}-slow", "sleep 60")];
  await using box = await boxWith([
    { type: "foreach", name: "each", items: ["a", "b", "c"], as: "letter", parallel: true, steps },
  ]);
  const id = await add(box);
  await killAt(box, 6);
  expect((await box.garza("queue", "cancel", id)).exitCode).toBe(0);
  const standing: string = expect.stringContaining("cancelled");
  expect(await carryOn(box, id)).toEqual({ exitCode: 0, standing, faults: [] });
  expect((await box.run("pgrep", "-f", `${box.data}/run`)).stdout).toBe("");
  expect(linesIn(box, "end").sort()).toEqual(["a", "b", "c"]);
}, 30_000);

test.each([[[]], [[step("after")]]])(
  "who has turned back after its crashes goes back, though it dies there",
  async (after) => {
    const rollback = { on_failure: [step("back", "sleep 0.5")] };
    await using box = await boxWith([step("deadly", "until test -e go; do sleep 0.02; done"), ...after], { rollback });
    const id = await add(box);
    for (const _ of [1, 2, 3]) await killAt(box, 1);
    await box.write("go", "");
    await until(() => linesIn(box, "end").length === 1);
    await killAt(box, 2);
    const standing: string = expect.stringContaining("failed");
    expect(await carryOn(box, id)).toEqual({ exitCode: 0, standing, faults: [] });
    expect(linesIn(box, "begin")).toEqual(["deadly", "back"]);
  },
  30_000,
);

test("a rollback that a person asked for is carried on where it was", async () => {
  const undo = { ...effect("undo", "sleep 0.5") };
  undo.command = `test -e fixed || exit 1; ${undo.command}`;
  await using box = await boxWith([
    { ...step("one"), undo: [undo] },
    { type: "command", name: "break", command: "exit 3" },
  ]);
  const first = await add(box);
  expect(await carryOn(box, first)).toMatchObject({ standing: "failed in break" });
  await box.write("fixed", "");
  const { stdout } = await box.garza("queue", "rollback", first);
  const id = stdout.trim();
  await killAt(box, 2);
  expect(await carryOn(box, id)).toEqual({ exitCode: 0, standing: "success", faults: [] });
  expect(linesIn(box, "begin")).toEqual(["one", "undo"]);
}, 30_000);
