/** After a death, a failed way back, or a person's word: what is carried on, done again, or given up. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = (more = "") => `operation: { name: x, type: maintain, description: A test${more} }\n`;
const say = (word: string) => `echo ${word} >> ../effects`;
/** Kills whatever agent there is, as long as there is a file. */
const killer =
  "while [ -e ../deadly ]; do kill -9 $(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/' $GARZA_DATA/agent.json) 2>/dev/null; sleep 0.5; done";

const files = {
  "operations/deadly.yml": `${head()}steps:
  - { type: command, name: one, command: "${say("one")}", undo: [{ type: command, name: un, command: "${say("undone")}" }] }
  - name: deadly
    type: command
    idempotent: true
    command: |
      ${killer}
  - { type: command, name: two, command: "${say("two")}" }
`,
  "operations/stuck.yml": `${head()}steps:
  - { type: command, name: one, command: "${say("one")}", undo: [{ type: command, name: un, command: "[ -e ../mended ] && ${say("undone")}" }] }
  - { type: lock, name: take, resource: thing }
  - { type: command, name: fails, command: "${say("fails")}; false" }
`,
  "operations/flaky.yml": `${head()}parameters: { word: x }
steps:
  - { type: command, name: one, command: "${say("one-${word}")}" }
  - { type: command, name: two, command: "[ -e ../mended ] && ${say("two")}" }
`,
  "operations/limited.yml": `${head(", timeout: 10s")}steps:
  - { type: command, name: one, command: "${say("one")}", undo: [{ type: command, name: un, command: "${say("undone")}" }] }
  - { type: command, name: long, command: "while [ -d ../root ]; do sleep 0.02; done" }
`,
};

const effects = async (box: Sandbox) =>
  existsSync(join(box.folder, "effects")) ? (await box.read("../effects")).trimEnd().split("\n") : [];
const document = async (box: Sandbox, id: string) =>
  JSON.parse((await box.garza("queue", "show", id, "--json")).stdout);
async function add(box: Sandbox, ...words: string[]) {
  const { exitCode, stdout, stderr } = await box.garza("queue", "add", ...words);
  if (exitCode !== 0) throw new Error(`garza queue add ${words.join(" ")}: ${stderr}`);
  return stdout.trim();
}
/** Runs what can be run, to its end. */
const drain = (box: Sandbox) => box.garza("queue", "process", "--until-empty");

/** How often the agent died before it got through. */
async function deaths(box: Sandbox): Promise<number> {
  for (let count = 0; ; count++) {
    const { exitCode } = await drain(box);
    if (exitCode === 0) return count;
    expect(exitCode).toBe(137);
  }
}

test("a step that kills its agent three times in a row is the cause: the operation fails and is rolled back", async () => {
  await using box = await sandbox({ files });
  box.env.GARZA_DATA = box.data;
  await box.write("../deadly", "");
  const id = await add(box, "deadly");
  expect(await deaths(box)).toBeGreaterThanOrEqual(3);
  expect(await document(box, id)).toMatchObject({ status: "failed", reason: "crash_loop", rollback: "done" });
  expect(await effects(box)).toEqual(["one", "undone"]);
  const status = (await box.garza("status", id)).stdout;
  expect(status).toMatch(/died \d+ times in a row in step deadly/);
});

test("a death and then a good end is a success", async () => {
  await using box = await sandbox({ files });
  box.env.GARZA_DATA = box.data;
  await box.write("../deadly", "");
  const id = await add(box, "deadly");
  expect((await drain(box)).exitCode).toBe(137);
  await box.run("rm", "../deadly");
  await deaths(box);
  expect((await document(box, id)).status).toBe("success");
  expect(await effects(box)).toEqual(["one", "two"]);
});

test("a rollback that failed is done again by an operation of its own, which takes the locks first", async () => {
  await using box = await sandbox({ files });
  const id = await add(box, "stuck");
  await drain(box);
  expect(await document(box, id)).toMatchObject({ status: "failed", rollback: "failed" });
  expect((await box.garza("status")).stdout).toContain(`garza queue rollback ${id}`);
  await box.write("../mended", "");
  const { stdout, exitCode } = await box.garza("queue", "rollback", id, "--json");
  expect(exitCode).toBe(0);
  const { id: second } = JSON.parse(stdout);
  const drained = await drain(box);
  expect(drained.stderr).toContain(`${second} ended: success`);
  expect(await document(box, second)).toMatchObject({ status: "success", rollback: "done", rollback_of: id });
  expect(await effects(box)).toEqual(["one", "fails", "undone"]);
  expect((await box.garza("queue", "rollback", second)).exitCode).toBe(75);
});

test("retry makes a new operation of the same request; the old one stays as it ended", async () => {
  await using box = await sandbox({ files });
  const id = await add(box, "flaky", "word=a b");
  await drain(box);
  await box.write("../mended", "");
  expect((await box.garza("queue", "retry", "op_nothing")).exitCode).toBe(2);
  const { id: second } = JSON.parse((await box.garza("queue", "retry", id, "--json")).stdout);
  await drain(box);
  expect(await document(box, second)).toMatchObject({ status: "success", retry_of: id, parameters: { word: "a b" } });
  expect((await document(box, id)).status).toBe("failed");
  expect(await effects(box)).toEqual(["one-a b", "one-a b", "two"]);
});

test("the operation's time limit goes on where it was when its agent died", async () => {
  await using box = await sandbox({ files });
  const first = box.start("agent");
  await first.says("ready");
  const id = await add(box, "limited");
  await first.says(`${id} step long started`);
  first.signal("SIGKILL");
  await first.ended;
  const { exitCode } = await drain(box);
  expect(exitCode).toBe(0);
  const ended = await document(box, id);
  expect(ended).toMatchObject({ status: "failed", reason: "timed_out", rollback: "done" });
  expect(await effects(box)).toEqual(["one", "undone"]);
});

test("resume --from runs a step and those after it again, whatever was recorded of them", async () => {
  await using box = await sandbox({
    files: {
      "operations/asks.yml": `${head()}steps:
  - { type: command, name: one, command: "${say("one")}" }
  - { type: command, name: two, command: "${say("two")}" }
  - { type: command, name: gone, command: "${say("gone")}; [ -e ../mended ] || { kill -9 $PPID; : > ../wrapper-is-gone; }" }
  - { type: command, name: last, command: "${say("last")}" }
`,
    },
  });
  const id = await add(box, "asks");
  // Its agent dies first, and then its wrapper: nobody knows what it did.
  box.env.GARZA_KILL_AT = "J3#3";
  expect((await drain(box)).exitCode).toBe(137);
  box.env.GARZA_KILL_AT = "";
  await box.run("sh", "-c", "until [ -e ../wrapper-is-gone ]; do sleep 0.02; done");
  await drain(box);
  expect((await document(box, id)).status).toBe("interrupted");
  await box.write("../mended", "");
  expect((await box.garza("queue", "resume", id, "--from", "nothing")).stderr).toContain("has no step nothing yet");
  expect((await box.garza("queue", "resume", id, "--from", "two")).exitCode).toBe(0);
  expect(await effects(box)).toEqual(["one", "two", "gone", "two", "gone", "last"]);
});
