import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";
import { until } from "../../support/temporary.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
/** Two steps with an effect; between them one that waits for a file (or for the sandbox's end), and says when it begins. */
const slow = `${head}steps:
  - { type: command, name: one, command: echo one >> ../effect, undo: [{ type: command, command: echo undone >> ../effect }] }
  - { type: command, name: two, command: "echo two >> ../effect; echo up; while [ -d ../root ] && [ ! -e ../go ]; do sleep 0.02; done; echo went >> ../effect" }
  - { type: command, name: three, command: echo three >> ../effect }
`;
/** Deaf for signals until there is a file. */
const deaf = `${head}steps:
  - { type: command, name: deaf, kill_grace: 60, command: "trap '' TERM INT HUP; echo up; while [ -d ../root ] && [ ! -e ../go ]; do sleep 0.02; done; echo went >> ../effect" }
  - { type: command, name: after, command: echo after >> ../effect }
`;
const files = { "operations/slow.yml": slow, "operations/deaf.yml": deaf };

const effect = async (box: Sandbox) =>
  existsSync(join(box.folder, "effect")) ? (await box.read("../effect")).trimEnd().split("\n") : [];
/** Run folders, secrets and locks that an operation left. */
const left = (box: Sandbox) =>
  ["run", "secrets"].flatMap((name) => (existsSync(join(box.data, name)) ? readdirSync(join(box.data, name)) : []));
const idIn = (text: string) => /op_\w{18}/.exec(text)?.[0] ?? "";

async function begun(box: Sandbox, template: string) {
  const run = box.start("run", template);
  await run.says("│ up");
  return run;
}

test("Ctrl-C rolls back what was done, and nothing stays behind", async () => {
  await using box = await sandbox({ files });
  const run = await begun(box, "slow");
  run.signal("SIGINT");
  const { exitCode, stderr } = await run.ended;
  expect(exitCode).toBe(6);
  expect(stderr).toContain("cancelling: what was done is rolled back. Ctrl-C again leaves at once");
  expect(await effect(box)).toEqual(["one", "two", "undone"]);
  expect(left(box)).toEqual([]);
});

test("a second Ctrl-C leaves at once, and says what is left and how to carry on", async () => {
  await using box = await sandbox({ files });
  const run = await begun(box, "deaf");
  run.signal("SIGINT");
  await run.says("cancel asked for");
  run.signal("SIGINT");
  const { exitCode, stderr } = await run.ended;
  const id = idIn(stderr);
  expect(exitCode).toBe(130);
  expect(stderr).toContain(`look:      garza status ${id}\ncarry on:  garza queue resume ${id}\n`);
  expect((await box.garza("status", id)).stdout).toContain("deaf: its command still runs by itself");
  await box.write("../go", "");
  await box.garza("queue", "resume", id);
  expect(await effect(box)).toEqual(["went"]);
  expect((await box.garza("status", id)).stdout).toMatch(/^status +cancelled/m);
  expect(left(box)).toEqual([]);
});

test.each(["SIGHUP", "SIGKILL"] as const)(
  "after %s the step goes on by itself, and carrying on has every effect once",
  async (name) => {
    await using box = await sandbox({ files });
    const run = await begun(box, "slow");
    run.signal(name);
    const { exitCode, stderr } = await run.ended;
    expect(exitCode).toBe(name === "SIGHUP" ? 130 : 137);
    const id = idIn(stderr);
    const status = async () => (await box.garza("status", id)).stdout;
    // Who leaves puts it back into the queue; who is killed can't.
    const row = name === "SIGHUP" ? "queued (drained)" : "running, but the process that ran it is gone";
    expect(await status()).toContain(`status     ${row}`);
    expect(await status()).toContain("two: its command still runs by itself");
    await box.write("../go", "");
    const resumed = await box.garza("queue", "resume", id);
    expect(resumed.exitCode).toBe(0);
    expect(await effect(box)).toEqual(["one", "two", "went", "three"]);
    expect(await status()).toMatch(/^status +success/m);
    expect(left(box)).toEqual([]);
  },
);

test("a step whose end nobody recorded is told by its exit code, and one that was killed too as unknown", async () => {
  await using box = await sandbox({ files });
  const killed = async () => {
    await box.run("rm", "-f", "../go");
    const run = await begun(box, "slow");
    run.signal("SIGKILL");
    return idIn((await run.ended).stderr);
  };
  const ended = await killed();
  await box.write("../go", "");
  const [folder = ""] = readdirSync(join(box.data, "run"));
  await box.run("sh", "-c", `while [ ! -e '${box.data}/run/${folder}/exit' ]; do sleep 0.02; done`);
  expect((await box.garza("status", ended)).stdout).toContain("two: its command ended with exit 0");
  expect((await box.garza("queue", "resume", ended)).exitCode).toBe(0);

  const unknown = await killed();
  const [other = ""] = readdirSync(join(box.data, "run"));
  const group = Number((await box.read(join("../data/run", other, "pid"))).split("\n")[0]);
  process.kill(-group, "SIGKILL");
  await box.run("sh", "-c", `while kill -0 -- -${group} 2>/dev/null; do sleep 0.02; done`);
  expect((await box.garza("status", unknown)).stdout).toContain("two: nobody can tell from here");
  const resumed = await box.garza("queue", "resume", unknown);
  expect(resumed.exitCode).toBe(7);
  expect(resumed.stderr).toContain(`garza queue resolve ${unknown} --step two --as done|not-done|failed`);
  const resolved = await box.garza("queue", "resolve", unknown, "--step", "two", "--as", "done");
  expect(resolved.exitCode).toBe(0);
  expect((await box.garza("queue", "resume", unknown)).exitCode).toBe(0);
});

test("a second run goes through the first one, which stays for it; Ctrl-C cancels a third alone", async () => {
  await using box = await sandbox({ files });
  const first = await begun(box, "slow");
  await until(() => existsSync(join(box.data, "agent.sock")));
  const second = await begun(box, "slow");
  const third = await begun(box, "slow");
  third.signal("SIGINT");
  const cancelled = await third.ended;
  expect(cancelled.exitCode).toBe(6);
  expect(cancelled.stderr).toContain("cancelling: what was done is rolled back");
  await box.write("../go", "");
  expect((await second.ended).exitCode).toBe(0);
  expect((await first.ended).exitCode).toBe(0);
  const written = await effect(box);
  const times = (word: string) => written.filter((each) => each === word).length;
  expect(["one", "two", "undone", "went", "three"].map(times)).toEqual([3, 3, 1, 2, 2]);
  expect((await box.garza("history")).stdout.trimEnd().split("\n")).toHaveLength(3);
  expect(left(box)).toEqual([]);
});

test("the text of the template at the time it was submitted counts, also when its file is changed or gone", async () => {
  await using box = await sandbox({ files });
  const run = await begun(box, "slow");
  await box.write("operations/slow.yml", slow.replace("echo three", "echo other"));
  run.signal("SIGHUP");
  const id = idIn((await run.ended).stderr);
  await box.run("rm", "operations/slow.yml");
  await box.write("../go", "");
  expect((await box.garza("queue", "resume", id)).exitCode).toBe(0);
  expect(await effect(box)).toEqual(["one", "two", "went", "three"]);
});

test("a step ends with its command, whoever still holds its output; what is left is named", async () => {
  const orphan = `${head}steps: [{ type: command, name: leave, command: "sleep 30 & echo $! > ../pid" }]\n`;
  await using box = await sandbox({ files: { "operations/orphan.yml": orphan } });
  const { exitCode, stderr } = await box.garza("run", "orphan");
  const pid = Number(await box.read("../pid"));
  process.kill(pid, "SIGKILL");
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`warning: step leave: it left processes running: ${pid}\n`);
  expect(left(box)).toEqual([]);
});

test("a child that ignores SIGTERM is killed after its grace", async () => {
  const stubborn = deaf.replace("kill_grace: 60", "kill_grace: 0.2, timeout: 0.5");
  await using box = await sandbox({ files: { "operations/stubborn.yml": stubborn } });
  const { exitCode, stderr } = await box.garza("run", "stubborn");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("step deaf took longer than 0.5 s");
  expect(await effect(box)).toEqual([]);
  expect(left(box)).toEqual([]);
});
