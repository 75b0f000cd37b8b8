/** What steps print, over the socket: masked, in its place between the events, and never twice. */
import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { type GarzaClient, openClient } from "../../../src/api/client.ts";
import type { Told } from "../../../src/api/control.ts";
import { event, output } from "../../../src/api/schemas/event.ts";
import { sandbox } from "../../support/sandbox.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const secret = "correct-horse-battery";
/** Printed in two writes, with a pause for every reader to have read the first. */
const inTwo = "printf 'a corr'; while [ -d ../root ] && [ ! -e ../go ]; do sleep 0.02; done; echo ect-horse-battery z";
const files = {
  "operations/outer.yml": `${head}steps:
  - { type: command, name: before, command: "echo b1; echo b2 >&2" }
  - type: parallel
    name: beside
    branches:
      one: [{ type: load_operation, name: in, template: inner, parameters: { n: "1" } }]
      two: [{ type: load_operation, name: in too, template: inner, parameters: { n: "2" } }]
  - { type: command, name: fails, command: "echo again; exit 1", retries: 1, retry_delay: 0, optional: true }
`,
  "operations/inner.yml": `${head}parameters: { n: "" }
steps:
  - { type: command, name: say, command: "echo in \${n}; seq 1 2000" }
  - { type: command, name: more, command: "echo more \${n}" }
`,
  "operations/hidden.yml": `${head}steps: [{ type: command, name: tell, command: "${inTwo}" }]\n`,
};

async function withAgent() {
  const box = await sandbox({ files });
  const agent = box.start("agent");
  await agent.says("ready");
  return { box, agent, client: openClient({ socket: join(box.data, "agent.sock") }) };
}

async function submit(client: GarzaClient, template: string): Promise<string> {
  const [accepted] = await client.submit([{ template, parameters: {}, priority: 5, askedBy: "a test" }]);
  return accepted?.id ?? "";
}

async function all(told: AsyncIterable<Told>): Promise<Told[]> {
  const heard: Told[] = [];
  for await (const each of told) heard.push(each);
  return heard;
}

/** The events in their order, and the text of each stream of each attempt. */
function summary(told: readonly Told[]) {
  const texts: Record<string, string> = {};
  const events: Record<string, number[]> = {};
  for (const each of told) {
    if ("event" in each) events[each.event.operation] = [...(events[each.event.operation] ?? []), each.event.sequence];
    else {
      const { operation, row, stream, text } = each.output;
      const name = `${operation} ${row} ${stream}`;
      texts[name] = (texts[name] ?? "") + text;
    }
  }
  return { texts, events };
}

test("output stands between its step's start and end, also of operations within it", async () => {
  const { box, client } = await withAgent();
  await using _ = box;
  const told = await all(client.watch(await submit(client, "outer"), { output: true }));
  const open = new Set<string>();
  for (const each of told) {
    if ("output" in each) expect(open).toContain(`${each.output.operation} ${each.output.key} ${each.output.row}`);
    else if (each.event.type === "step-started")
      open.add(`${each.event.operation} ${each.event.key} ${each.event.row}`);
    else if (each.event.type === "step-finished" || each.event.type === "step-retrying")
      for (const name of open) if (name.startsWith(`${each.event.operation} ${each.event.key} `)) open.delete(name);
  }
  const texts = Object.values(summary(told).texts);
  const lines = Array.from({ length: 2000 }, (_, index) => index + 1).join("\n");
  for (const n of [1, 2]) expect(texts).toContain(`in ${n}\n${lines}\n`);
  expect(texts.filter((text) => text === "again\n")).toHaveLength(2);
  expect(texts.sort().slice(0, 4)).toEqual(["again\n", "again\n", "b1\n", "b2\n"]);
});

test("from every position on, what is told and what was told are the whole, and nothing is in both", async () => {
  const { box, client } = await withAgent();
  await using _ = box;
  const id = await submit(client, "outer");
  const live = await all(client.watch(id, { output: true }));
  const whole = summary(await all(client.watch(id, { output: true })));
  expect(summary(live)).toEqual(whole);
  // A schema drops what it does not know.
  for (const each of live)
    if ("event" in each) expect(event.parse(each.event)).toEqual(each.event);
    else expect(output.parse(each.output)).toEqual(each.output);
  for (const [index, { position }] of live.entries()) {
    const rest = await all(client.watch(id, { output: true, after: position }));
    expect(summary([...live.slice(0, index + 1), ...rest])).toEqual(whole);
  }
});

test("a secret that is printed in two halves is masked as one, in the stream and in the text", async () => {
  const { box, client } = await withAgent();
  await using _ = box;
  const secrets = join(box.data, "secrets.json");
  await Bun.write(secrets, JSON.stringify({ HORSE: secret }));
  await chmod(secrets, 0o600);
  const id = await submit(client, "hidden");
  const told: Told[] = [];
  for await (const each of client.watch(id, { output: true })) {
    told.push(each);
    // Its first half is on the disk; what may be a secret is not told yet.
    if ("output" in each && each.output.text === "a ") {
      expect(await client.output(id, { step: "tell", stream: "out", from: 0 })).toEqual({
        text: "a ",
        position: 2,
        isOver: false,
      });
      await box.write("../go", "");
    }
  }
  expect(Object.values(summary(told).texts)).toEqual(["a *** z\n"]);
  const text = await client.output(id, { step: "tell", stream: "out", from: 0 });
  expect(text).toEqual({ text: "a *** z\n", position: `a ${secret} z\n`.length, isOver: true });
  const inside = await client.output(id, { step: "tell", stream: "out", from: 6 });
  expect(inside.text).toBe("*** z\n");
  expect(JSON.stringify(told)).not.toContain("horse");
});

test("a reader that takes nothing holds up no step, however much it prints", async () => {
  await using box = await sandbox({
    files: { "operations/much.yml": `${head}steps: [{ type: command, name: much, command: "seq 1 2000000" }]\n` },
  });
  const agent = box.start("agent");
  await agent.says("ready");
  const client = openClient({ socket: join(box.data, "agent.sock") });
  const id = await submit(client, "much");
  const stuck = client.watch(id, { output: true })[Symbol.asyncIterator]();
  await stuck.next();
  await agent.says(`${id} ended: success`);
  let bytes = 0;
  for await (const each of { [Symbol.asyncIterator]: () => stuck })
    if ("output" in each) bytes += each.output.text.length;
  expect(bytes).toBe(Array.from({ length: 2_000_000 }, (_, index) => `${index + 1}\n`.length).reduce((a, b) => a + b));
});
