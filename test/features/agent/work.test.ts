/** The agent at work: several at once, waiting without holding a worker, leaving and carrying on. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = (more = "") => `operation: { name: x, type: maintain, description: A test${more} }\n`;
const say = (word: string) => `echo ${word} >> ../effects`;
/** Says that it is there, and waits for a file (or for the sandbox's end). */
const hold = (word: string) => `${say(word)}; while [ -d ../root ] && [ ! -e ../go-${word} ]; do sleep 0.02; done`;

const files = {
  "operations/holder.yml": `${head()}steps:
  - { type: lock, name: take, resource: thing, wait: 60s }
  - { type: command, name: hold, command: "${hold("holder")}" }
  - { type: command, name: last, command: "${say("holder-last")}" }
`,
  "operations/waiter.yml": `${head()}parameters: { n: "1" }
steps:
  - { type: command, name: before, command: "${say("before-${n}")}" }
  - { type: lock, name: take, resource: thing, wait: 60s }
  - { type: command, name: after, command: "${say("after-${n}")}" }
`,
  "operations/parent.yml": `${head()}steps:
  - { type: load_operation, name: child, template: waiter, parameters: { n: "nested" } }
  - { type: command, name: end, command: "${say("parent-end")}" }
`,
  "operations/free.yml": `${head()}steps:
  - { type: command, name: free, command: "${say("free")}" }
`,
  "operations/impatient.yml": `${head()}steps:
  - { type: lock, name: take, resource: thing, wait: 300ms }
  - { type: command, name: never, command: "${say("never")}" }
`,
  "operations/pause.yml": `${head()}steps:
  - { type: command, name: first, command: "${say("first")}" }
  - { type: delay, name: rest, seconds: 10 }
  - { type: command, name: second, command: "${say("second")}" }
`,
};

const effects = async (box: Sandbox) =>
  existsSync(join(box.folder, "effects")) ? (await box.read("../effects")).trimEnd().split("\n") : [];
const go = (box: Sandbox, word: string) => box.write(`../go-${word}`, "");
const add = async (box: Sandbox, ...words: string[]) => {
  const { exitCode, stdout, stderr } = await box.garza("queue", "add", ...words);
  if (exitCode !== 0) throw new Error(`garza queue add ${words.join(" ")}: ${stderr}`);
  return stdout.trim();
};
const document = async (box: Sandbox, id: string) =>
  JSON.parse((await box.garza("queue", "show", id, "--json")).stdout);

async function agent(box: Sandbox, ...words: string[]) {
  const running = box.start("agent", ...words);
  await running.says("ready");
  return running;
}

test("who waits for a lock holds no worker, says why, and goes on when its turn comes", async () => {
  await using box = await sandbox({ files });
  const running = await agent(box, "--workers", "2");
  const holder = await add(box, "holder");
  await running.says(`${holder} step hold started`);
  const waiters = [await add(box, "waiter", "n=1"), await add(box, "waiter", "n=2"), await add(box, "parent")];
  for (const id of waiters) await running.says(`${id} waits for lock:thing`);
  const free = await add(box, "free");
  await running.says(`${free} ended: success`);
  const waiting = await document(box, waiters[0] ?? "");
  expect(waiting.status).toBe("queued");
  expect(waiting.waiting).toMatch(new RegExp(`^waiting for lock thing, held by .* \\(${holder}\\) since 20`));
  await go(box, "holder");
  for (const id of [holder, ...waiters]) await running.says(`${id} ended: success`);
  const order = await effects(box);
  expect(order.filter((word) => /^(after|parent)/.test(word))).toEqual([
    "after-1",
    "after-2",
    "after-nested",
    "parent-end",
  ]);
  expect(order.filter((word) => word.startsWith("before"))).toEqual(["before-1", "before-2", "before-nested"]);
});

test("a lock that does not come in time fails the step, though it held no worker", async () => {
  await using box = await sandbox({ files });
  const running = await agent(box);
  const holder = await add(box, "holder");
  await running.says(`${holder} step hold started`);
  const impatient = await add(box, "impatient");
  await running.says(`${impatient} ended: failed in take`);
  expect((await document(box, impatient)).error).toContain("lock thing is held by");
  expect(await effects(box)).toEqual(["holder"]);
});

test("SIGTERM: the running step is waited for, nothing more is begun, and the next agent goes on from there", async () => {
  await using box = await sandbox({ files });
  const first = await agent(box);
  const id = await add(box, "holder");
  await first.says(`${id} step hold started`);
  first.signal("SIGTERM");
  await first.says("leaving");
  await go(box, "holder");
  expect((await first.ended).exitCode).toBe(0);
  expect(await effects(box)).toEqual(["holder"]);
  expect(await document(box, id)).toMatchObject({ status: "queued", reason: "drained" });
  const second = await agent(box);
  await second.says(`${id} ended: success`);
  expect(await effects(box)).toEqual(["holder", "holder-last"]);
});

test("a second SIGTERM leaves at once; the step goes on by itself, and the next agent learns how it ended", async () => {
  await using box = await sandbox({ files });
  const first = await agent(box);
  const id = await add(box, "holder");
  await first.says(`${id} step hold started`);
  first.signal("SIGTERM");
  await first.says("leaving");
  first.signal("SIGTERM");
  const { exitCode, stderr } = await first.ended;
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`left, to be carried on by the next agent: ${id}`);
  await go(box, "holder");
  const second = await agent(box);
  await second.says(`${id} ended: success`);
  expect(await effects(box)).toEqual(["holder", "holder-last"]);
});

test("nobody stays for a step that only waits, and its wait goes on where it was", async () => {
  await using box = await sandbox({ files });
  const first = await agent(box);
  const id = await add(box, "pause");
  await first.says(`${id} step rest started`);
  first.signal("SIGTERM");
  expect((await first.ended).exitCode).toBe(0);
  expect(await effects(box)).toEqual(["first"]);
  const second = await agent(box);
  await second.says(`${id} ended: success`);
  expect(await effects(box)).toEqual(["first", "second"]);
});

test("a second agent refuses to start, and says who runs", async () => {
  await using box = await sandbox({ files });
  const first = await agent(box);
  for (const command of [["agent"], ["queue", "process", "2"]]) {
    const { exitCode, stderr } = await box.garza(...command);
    expect(exitCode).toBe(75);
    expect(stderr).toMatch(
      new RegExp(`garza agent \\(process ${first.pid}, since .*\\) serves this repository already`),
    );
  }
});

test("an operation that nobody runs is run by the next agent, urgent ones first, and garza run leaves them alone", async () => {
  await using box = await sandbox({ files: { ...files, "garza.yml": "queue: { max_concurrent: 1 }\n" } });
  const late = await add(box, "waiter", "n=late", "--priority", "1");
  const urgent = await add(box, "waiter", "n=urgent", "--priority", "9");
  const run = await box.garza("run", "free");
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toContain("2 more wait in the queue; an agent runs them: garza agent");
  expect(await effects(box)).toEqual(["free"]);
  const { exitCode } = await box.garza("queue", "process", "--until-empty");
  expect(exitCode).toBe(0);
  expect(await effects(box)).toEqual(["free", "before-urgent", "after-urgent", "before-late", "after-late"]);
  for (const id of [late, urgent]) expect((await document(box, id)).status).toBe("success");
});

test("each operation sees the registry as it is by then", async () => {
  const registry = (port: number) =>
    `services:\n  web:\n    health_check: { method: http, url: "http://127.0.0.1/${port}" }\n`;
  const ask = `${head()}steps:
  - { type: service_lookup, name: look, service: web, get: health_check.url, output: url }
  - { type: command, name: tell, command: "${say("${url}")}" }
`;
  await using box = await sandbox({ files: { "operations/ask.yml": ask, "infra/services.yml": registry(1111) } });
  const running = await agent(box);
  await running.says("ready");
  const first = await add(box, "ask");
  await running.says(`${first} ended: success`);
  await box.write("infra/services.yml", registry(2222));
  const second = await add(box, "ask");
  await running.says(`${second} ended: success`);
  expect(await effects(box)).toEqual(["http://127.0.0.1/1111", "http://127.0.0.1/2222"]);
});
