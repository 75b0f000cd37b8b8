/** Who follows outlasts the agent. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { openClient } from "../../../src/api/client.ts";
import type { Told } from "../../../src/api/control.ts";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

/** Says a word, waits for a file (or for the sandbox's end), and says another. */
const hold = "echo begun; while [ -d ../root ] && [ ! -e ../go ]; do sleep 0.02; done; echo done";
const files = {
  "operations/long.yml": `operation: { name: long, type: maintain, description: A test }
steps:
  - { type: command, name: first, command: "echo one" }
  - { type: command, name: hold, command: "${hold}" }
  - { type: command, name: last, command: "echo three" }
`,
};

const go = (box: Sandbox) => box.write("../go", "");
const count = (text: string, word: string) => text.split("\n").filter((line) => line.includes(word)).length;

test("garza run follows on when its agent is killed and another one comes: each line once, and the true end", async () => {
  await using box = await sandbox({ files });
  const first = box.start("agent");
  await first.says("ready");
  const run = box.start("run", "long");
  await run.says("begun");
  first.signal("SIGKILL");
  await run.says("the agent is gone; waiting for it to come back (Ctrl-C leaves)…");
  const second = box.start("agent");
  await run.says("it is back");
  await go(box);
  const { exitCode, stderr, stdout } = await run.ended;
  await second.says("ended: success");
  expect(exitCode).toBe(0);
  for (const word of ["│ one", "│ begun", "│ done", "│ three", "is gone", "is back"])
    expect([word, count(stdout + stderr, word)]).toEqual([word, 1]);
});

test("while the agent is away, Ctrl-C leaves the operation to the next one", async () => {
  await using box = await sandbox({ files });
  const first = box.start("agent");
  await first.says("ready");
  const run = box.start("run", "long");
  await run.says("begun");
  first.signal("SIGKILL");
  await run.says("the agent is gone");
  run.signal("SIGINT");
  const { exitCode, stderr } = await run.ended;
  expect(exitCode).toBe(130);
  expect(stderr).toContain("to the next agent: garza agent");
  await go(box);
});

test("a program that follows output gets every piece once, over the death of the agent", async () => {
  await using box = await sandbox({ files });
  const first = box.start("agent");
  await first.says("ready");
  const client = openClient({ socket: join(box.data, "agent.sock") });
  const [accepted] = await client.submit([{ template: "long", parameters: {}, priority: 5, askedBy: "a test" }]);
  const absences: string[] = [];
  const back = Promise.withResolvers<void>();
  const told: Told[] = [];
  let second: Promise<void> | undefined;
  const onAway = ({ kind }: { kind: string }) => {
    absences.push(kind);
    second = box.start("agent").says("ready");
  };
  for await (const each of client.watch(accepted?.id ?? "", { output: true, onAway, onBack: back.resolve })) {
    told.push(each);
    if ("output" in each && each.output.text.includes("begun")) {
      first.signal("SIGKILL");
      void back.promise.then(() => go(box));
    }
  }
  await second;
  const text = told.map((each) => ("output" in each ? each.output.text : "")).join("");
  expect(text).toBe("one\nbegun\ndone\nthree\n");
  const sequences = told.flatMap((each) => ("event" in each ? [each.event.sequence] : []));
  expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, index) => index + 1));
  expect(told.at(-1)).toMatchObject({ event: { type: "operation-ended", status: "success" } });
  // From its first start, which another agent saw, and over the time in which there was none.
  const events = told.flatMap((each) => ("event" in each ? [each.event] : []));
  const begun = events.find(({ type }) => type === "operation-started")?.at ?? 0;
  const last = events.findLast(({ type }) => type === "step-started")?.at ?? 0;
  const took = events.flatMap((event) => (event.type === "operation-ended" ? [event.duration_ms] : []));
  expect(took[0]).toBeGreaterThanOrEqual(last - begun);
  expect(absences).toHaveLength(1);
});
