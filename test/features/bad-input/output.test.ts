import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram, type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const command = (text: string, more = "") =>
  `${head}steps: [{ type: command, name: say, command: ${JSON.stringify(text)}${more} }]\n`;

/** Bytes on disk of everything below the folder. */
function onDisk(folder: string): number {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths.reduce((sum, path) => sum + statSync(join(folder, path)).blocks * 512, 0);
}

/** Runs it with what it prints in a file, as `2> file` does; its peak of memory in MiB. */
async function peak(box: Sandbox, template: string): Promise<number> {
  const said = join(box.folder, "said");
  const script = `import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], stderr=open(sys.argv[1], "w")).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)`;
  const { exitCode, stdout } = await box.run("python3", "-c", script, said, compiledProgram(), "run", template);
  expect({ template, exitCode }).toEqual({ template, exitCode: 0 });
  return Number(stdout) / 1024;
}

test("1 GB of output takes little memory and, capped, little of the disk", async () => {
  const lines = (bytes: number) =>
    command(`yes 'a line of some sixty characters, as programs print them' | head -c ${bytes}`);
  await using box = await sandbox({
    files: { "operations/little.yml": lines(1000), "operations/much.yml": lines(1e9) },
  });
  const [little, much] = [await peak(box, "little"), await peak(box, "much")];
  console.log(`peak of memory: ${little.toFixed(0)} MiB with little output, ${much.toFixed(0)} MiB with 1 GB`);
  expect(much - little).toBeLessThan(120);
  expect(onDisk(box.data)).toBeLessThan(100 * 2 ** 20);
}, 60_000);

test("a step that prints faster than anyone can read is stopped at once by Ctrl-C", async () => {
  await using box = await sandbox({ files: { "operations/flood.yml": command("yes | head -c 1000000000; sleep 10") } });
  const run = box.start("run", "flood", "--json");
  await run.says('"step-started"');
  run.signal("SIGINT");
  expect((await run.ended).exitCode).toBe(6);
  expect(readdirSync(join(box.data, "run"))).toEqual([]);
}, 20_000);

const steering = "\u001b]0;title\u0007\u001b[2J\u009b31m\u202etxt";

test("what would steer the terminal is shown escaped and stored as it is", async () => {
  const files = {
    "operations/say.yml": [
      head,
      "parameters: { text: { type: string, required: true } }\n",
      "steps:\n",
      '  - { type: command, name: say, description: "look \\e[31m", command: "printf \'%s\' ${text}", output: said }\n',
      '  - { type: state_update, name: keep, file: kept.json, updates: { .text: "${said}" } }\n',
      '  - { type: assert, name: "en\\ad", condition: false, message: "no: ${said}" }\n',
    ].join(""),
  };
  await using box = await sandbox({ files });
  const run = await box.garza("run", "say", `text=${steering}`);
  expect(run.exitCode).toBe(1);
  const id = /op_\w+/.exec(run.stderr)?.[0] ?? "";
  const shown = [run, await box.garza("status", id), await box.garza("logs", id), await box.garza("history")];
  const json = [await box.garza("status", id, "--json"), await box.garza("run", "say", `text=${steering}`, "--json")];
  for (const { stdout, stderr } of [...shown, ...json]) {
    expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
  expect(run.stderr).toContain("no: \\x1b]0;title\\x07\\x1b[2J\\x9b31m\\u202etxt");
  expect(await box.json("infra/state/kept.json")).toEqual({ text: steering });
});

test.each([
  ["a command", ["\u001b[31mrun"]],
  ["a flag", ["run", "ok", "--\u001b[31m"]],
  ["a template", ["run", "\u001b[31m\u202e"]],
  ["a parameter", ["run", "demo/hello", "\u001b[31m=1"]],
  ["an id", ["status", "\u001b[31m"]],
  ["a root", ["--root", "\u001b[31m", "status"]],
])("the name of %s that steers the terminal is escaped in the problem", async (_, typed) => {
  await using box = await sandbox();
  const { exitCode, stdout, stderr } = await box.garza(...typed);
  expect([2, 3, 78]).toContain(exitCode);
  expect(stderr).toContain("\\x1b[31m");
  expect(`${stdout}${stderr}`).not.toContain("\u001b");
});

test("a reader that leaves early gets no stack trace, and the operation goes on to its end", async () => {
  const files = { "operations/long.yml": command("seq 20000; echo done >> ../done") };
  await using box = await sandbox({ files });
  const sh = (script: string) => box.run("sh", "-c", script, compiledProgram());
  for (const script of [
    '{ "$0" run long 2>&1; echo $? > ../code; } | head -1',
    '{ "$0" run long --json; echo $? > ../code; } | head -1',
    '"$0" run long >&- 2>&-; echo $? > ../code',
    '"$0" run long <&-; echo $? > ../code',
  ]) {
    await box.run("rm", "-f", "../done");
    const { stdout, stderr } = await sh(script);
    expect(`${stdout}${stderr}`).not.toContain("    at ");
    expect({ script, code: await box.read("../code"), done: await box.read("../done") }).toEqual({
      script,
      code: "0\n",
      done: "done\n",
    });
  }
});

test("a list that is read only in part ends quietly", async () => {
  await using box = await sandbox({ files: { "operations/ok.yml": command("echo ok") } });
  await box.garza("run", "ok");
  const { stdout, stderr } = await box.run("sh", "-c", '"$0" history --json | head -1', compiledProgram());
  expect({ stdout, stderr }).toEqual({ stdout: "[\n", stderr: "" });
});

test("what can't be written because the disk behind standard output is full is no success", async () => {
  await using box = await sandbox({ files: { "operations/ok.yml": command("echo ok") } });
  await box.garza("run", "ok");
  const { exitCode, stderr } = await box.run("sh", "-c", '"$0" history > /dev/full', compiledProgram());
  expect({ exitCode, stderr }).toEqual({
    exitCode: 73,
    stderr: "garza: no space left at standard output. Free some, then run again\n",
  });
});
