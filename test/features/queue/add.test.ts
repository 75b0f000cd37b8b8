import { expect, test } from "bun:test";
import { compiledProgram, sandbox } from "../../support/sandbox.ts";
import { added, agent, document, effect, files } from "./templates.ts";

test("without an agent it is kept, says who will run it, and the next agent does", async () => {
  await using box = await sandbox({ files });
  const { stdout, stderr } = await box.garza("queue", "add", "slow", "name=Ada", "--priority", "9");
  expect(stderr).toBe("no agent runs; it waits in the queue. Start one: garza agent\n");
  const id = stdout.trim();
  expect(await document(box, "queue", "show", id)).toMatchObject({
    status: "queued",
    priority: 9,
    parameters: { name: "Ada" },
    waiting: "no agent runs: garza agent",
    steps: [],
  });
  const workers = await agent(box, 1);
  await workers.says(`${id} step wait started`);
  expect(await effect(box)).toEqual(["one Ada"]);
});

test("what is refused is told before anything is written", async () => {
  await using box = await sandbox({ files });
  const refused = async (...words: string[]) => {
    const { stdout, stderr, exitCode } = await box.garza("queue", "add", ...words);
    expect(stdout).toBe("");
    return `${exitCode} ${stderr.split("\n")[0]}`;
  };
  expect(await refused()).toBe("2 garza: queue add needs TEMPLATE, or --batch FILE");
  expect(await refused("slwo")).toStartWith("3 garza: there is no template slwo. Nearest: slow");
  expect(await refused("slow", "nam=Ada")).toBe("2 garza: there is no parameter nam. Did you mean name?");
  expect(await refused("risky")).toStartWith("77 garza: risky is marked danger: high, and nobody can be asked here");
  expect(await refused("slow", "--not-before", "soon")).toStartWith('2 garza: "soon" is neither a time');
  expect(await refused("slow", "--not-after", "2020-01-01T00:00:00Z")).toContain("is over before it could begin");
  expect(await refused("slow", "--batch", "x")).toStartWith("2 garza: --batch and the template slow");
  expect(await refused("--batch", "x", "--key", "k")).toContain("with --batch, say key in each line, not --key");
  expect(await refused("--batch", "none.jsonl")).toContain("there is no file");
  expect((await document(box, "queue", "stats")).queued).toBe(0);
  expect(await added(box, "risky", "--yes")).toStartWith("op_");
});

test("the same key answers the same operation, another request with it is refused", async () => {
  await using box = await sandbox({ files });
  const id = await added(box, "slow", "--key", "k");
  const again = await box.garza("queue", "add", "slow", "--key", "k", "--json");
  expect(JSON.parse(again.stdout)).toEqual({ id, is_new: false });
  expect(again.stderr).toBe(`it was there already: garza status ${id}\n`);
  const other = await box.garza("queue", "add", "slow", "name=Ada", "--key", "k");
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain(`key k belongs to another request (${id})`);
});

test("one for later says so, also with an agent, and the paused queue too", async () => {
  await using box = await sandbox({ files });
  await agent(box, 1);
  const later = await box.garza("queue", "add", "slow", "--not-before", "2099-01-31T12:00:00+01:00");
  expect(later.stderr).toBe("it waits: not before 2099-01-31T11:00:00Z\n");
  await box.garza("queue", "pause", "--reason", "moving");
  expect((await box.garza("queue", "add", "slow")).stderr).toMatch(
    /^it waits: the queue is paused by tester@\S+ since \S+ \(moving\): garza queue unpause\n$/,
  );
});

test("a batch is accepted as a whole, a line an id, also from standard input", async () => {
  await using box = await sandbox({ files });
  const lines = [
    { template: "slow", parameters: { name: "Ada" }, priority: 8, key: "a", timeout: "10m", not_after: "2h" },
    { template: "quick", not_before: "2099-01-31T12:00:00Z" },
  ];
  await box.write("batch.jsonl", `${JSON.stringify(lines[0])}\n\n${JSON.stringify(lines[1])}\n`);
  const { stdout, stderr } = await box.garza("queue", "add", "--batch", "batch.jsonl");
  const ids = stdout.trimEnd().split("\n");
  expect(stderr).toBe("2 added; no agent runs; they wait in the queue. Start one: garza agent\n");
  expect((await document(box, "queue", "list", "queued")).operations).toMatchObject([
    { id: ids[0], template: "slow", priority: 8, parameters: { name: "Ada" }, timeout: "10m" },
    { id: ids[1], template: "quick", not_before: Date.parse(String(lines[1]?.not_before)) },
  ]);
  const again = await box.run("sh", "-c", `'${compiledProgram()}' queue add --batch=- --json < batch.jsonl`);
  expect(JSON.parse(again.stdout).operations[0]).toEqual({ id: ids[0], is_new: false });
});

test("one bad line refuses the whole batch, and every fault is named with its line", async () => {
  await using box = await sandbox({ files });
  const lines = [
    '{"template":"slow"}',
    "",
    '{"template":"slow","priorty":1}',
    "{bad",
    '{"template":"slow","parameters":{"n":1}}',
  ];
  await box.write("batch.jsonl", lines.join("\n"));
  const { stdout, stderr, exitCode } = await box.garza("queue", "add", "--batch", "batch.jsonl");
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr.trimEnd().split("\n")).toEqual([
    "garza: 3 of 4 can't be accepted, so none was:",
    "number 3: operation: unknown field `priorty`. Did you mean priority?",
    expect.stringContaining("number 4: it is not JSON: column 2"),
    expect.stringContaining("number 5: there is no parameter n."),
  ]);
  await box.write("batch.jsonl", '{"template":"slow","key":"k"}\n{"template":"quick","key":"k"}\n');
  expect((await box.garza("queue", "add", "--batch", "batch.jsonl")).stderr).toContain(
    "number 2: key k belongs to another request (number 1)",
  );
  expect((await document(box, "queue", "stats")).queued).toBe(0);
});
