import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dispatch } from "../../src/cli/dispatch.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { OperationEvent } from "../../src/core/events.ts";
import { sandbox } from "../support/temporary.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const base = sandbox();

/** A repository with these templates, in which commands are typed one after another. */
function repository(templates: Record<string, string>, env: Record<string, string> = {}) {
  const path = mkdtempSync(join(base, "box-"));
  const root = join(path, "ops");
  for (const [name, text] of Object.entries(templates)) {
    const file = join(root, "operations", `${name}.yml`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `operation: { name: x, type: maintain, description: A test }\n${text}`);
  }
  const data = join(path, "data");
  const settings = { HOME: path, PATH: process.env.PATH ?? "", GARZA_HOME: data, LANG: "C.UTF-8", USER: "ada", ...env };
  const terminal = (more = {}) => recordingTerminal({ cwd: root, clock: systemClock, env: settings, ...more });
  return {
    root,
    data,
    terminal,
    async type(...argv: string[]) {
      const typed = terminal();
      const code = await dispatch(argv, typed);
      return { code, out: typed.printed(), err: typed.told() };
    },
  };
}

const withoutTimes = (text: string) => text.replace(/op_[0-9A-Z]{18}/g, "ID").replace(/\d+(\.\d)? m?s\b/g, "T");

test("a run is followed line by line, with what its commands print", async () => {
  const { type } = repository({
    greet: "parameters: { name: world }\nsteps: [{ type: command, name: say, command: 'echo hello ${name}' }]\n",
  });
  const { code, out, err } = await type("run", "greet", "name=Ada Lovelace");
  expect({ code, out }).toEqual({ code: 0, out: "" });
  expect(withoutTimes(err)).toBe("greet  ID\n▸ say\n  │ hello Ada Lovelace\n✓ say  T\n✓ greet succeeded in T  ID\n");
});

test("with --json the events come without a gap, one a line, and nothing else is printed", async () => {
  const { type } = repository({ greet: "steps: [{ type: command, name: say, command: echo hello }]\n" });
  const { out } = await type("run", "greet", "--json");
  const events = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as OperationEvent);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1));
  expect([events.at(0)?.type, events.at(-1)?.type]).toEqual(["operation-queued", "operation-ended"]);
});

test("a dry run shows the command word for word, and makes nothing", async () => {
  const { type, root, data } = repository({
    greet: "parameters: { name: '' }\nsteps: [{ type: command, name: say, command: 'touch ${name}' }]\n",
  });
  const { code, out } = await type("run", "greet", "name=a b", "--dry-run");
  expect(code).toBe(0);
  expect(out).toBe("greet\n\nParameters\n  name  a b\n\nSteps\n  say  command\n      $ touch 'a b'\n");
  expect(existsSync(data)).toBe(false);
  expect(readdirSync(root)).toEqual(["operations"]);
});

test("what failed is in status and in logs, with what to type next", async () => {
  const { type } = repository({
    bad: "steps: [{ type: command, name: break it, command: 'echo out; echo err >&2; exit 3' }]\n",
  });
  expect((await type("run", "bad")).code).toBe(1);
  const [{ id }] = JSON.parse((await type("history", "--json")).out) as [{ id: string }];
  const status = await type("status", id.slice(-6));
  expect(status.out).toContain(`Output:        garza logs ${id} --step 'break it'\n`);
  expect(status.out).toMatch(/^status +failed \(step_failed\)$/m);
  expect((await type("logs", id)).out).toBe("== break it (failed)\nout\nerr\n");
  expect(JSON.parse((await type("logs", id, "--json")).out)).toMatchObject([
    { name: "break it", out: "out\n", err: "err\n" },
  ]);
  expect((await type("logs", id, "-f")).out.split("\n").sort()).toEqual(["", "break it | err", "break it | out"]);
  expect((await type("logs", id, "--step", "brake it")).err).toBe(
    'garza: the operation ran no step "brake it"\n  Nearest: break it\n',
  );
});

test("Ctrl-C cancels and rolls back, and says so", async () => {
  const steps = [
    "{ type: command, name: make, command: 'touch made', undo: [{ type: command, command: 'rm made' }] }",
    "{ type: command, name: hang, command: 'echo here; sleep 60', kill_grace: 1 }",
  ];
  const { terminal, root, type } = repository({ long: `steps: [${steps.join(", ")}]\n` });
  const typed = terminal();
  const running = dispatch(["run", "long"], typed);
  await typed.until("│ here");
  expect(existsSync(join(root, "made"))).toBe(true);
  typed.signal("SIGINT");
  expect(await running).toBe(6);
  expect(existsSync(join(root, "made"))).toBe(false);
  expect(typed.told()).toContain("cancelling: what was done is rolled back. Ctrl-C again leaves at once\n");
  expect(withoutTimes(typed.told())).toContain("✗ long was cancelled in step hang after T, rolled back\n");
  expect((await type("status")).out).toMatch(/^ {2}op_\w+ .* cancelled .* long/m);
});

test("a secret is masked on the screen and in the logs, wherever it came from", async () => {
  const text =
    "steps: [{ type: command, name: leak, command: 'echo ${secret.TOKEN} $(printf %s ${secret.TOKEN} | base64)' }]\n";
  const { type } = repository({ leak: text }, { TOKEN: "hunter2-hunter2" });
  const { err } = await type("run", "leak");
  expect(err).toContain("│ *** ***\n");
  const [{ id }] = JSON.parse((await type("history", "--json")).out) as [{ id: string }];
  expect((await type("logs", id)).out).toBe("== leak (success)\n*** ***\n");
  expect((await type("status", id, "--json")).out).not.toContain("hunter2");
});

test("what was given as a secret parameter is masked in what stays before the ended operation forgets it", async () => {
  const text =
    "parameters: { token: { type: secret } }\nsteps: [{ type: command, name: leak, command: 'echo ${token}', output: said }]\n";
  const { type } = repository({ leak: text });
  const run = await type("run", "leak", "token=hunter2-hunter2");
  expect(run.err).toContain("│ ***\n");
  const [{ id }] = JSON.parse((await type("history", "--json")).out) as [{ id: string }];
  expect((await type("logs", id)).out).toBe("== leak (success)\n***\n");
  for (const argv of [
    ["status", id],
    ["status", id, "--json"],
    ["history", "--json"],
  ]) {
    const { code, out } = await type(...argv);
    expect(code).toBe(0);
    expect(out).not.toContain("hunter2");
  }
});

test("the same key runs once: the second time shows how it went", async () => {
  const { type, root } = repository({ once: "steps: [{ type: command, name: count, command: 'echo x >> count' }]\n" });
  await type("run", "once", "--key", "k");
  const again = await type("run", "once", "--key", "k");
  expect(again.code).toBe(0);
  expect(withoutTimes(again.err)).toStartWith("ID was submitted with this key before:\nonce  ID\n");
  expect(await Bun.file(join(root, "count")).text()).toBe("x\n");
});

test("danger: high is run by someone who says so", async () => {
  const path = mkdtempSync(join(base, "box-"));
  const file = join(path, "drop.yml");
  writeFileSync(
    file,
    "operation: { name: x, type: maintain, description: d, danger: high }\nsteps: [{ type: delay, name: rest, seconds: 0 }]\n",
  );
  const { type, terminal } = repository({ other: "steps: [{ type: delay, name: rest, seconds: 0 }]\n" });
  expect((await type("run", file)).code).toBe(77);
  expect((await type("run", file, "--yes")).code).toBe(0);
  const asked = terminal({ answers: ["y"] });
  expect(await dispatch(["run", file], asked)).toBe(0);
  expect(asked.told()).toStartWith(`${file} is marked danger: high. Run it? [y/N] `);
});

test("faults of a template are shown where they are, exit 3; of parameters with the usage line, exit 2", async () => {
  const { type } = repository({
    bad: "steps: [{ type: comand, name: x }]\n",
    good: "parameters: { a: '' }\nsteps: [{ type: command, name: x, command: 'echo ${a}' }]\n",
  });
  const invalid = await type("run", "bad");
  expect(invalid.code).toBe(3);
  expect(invalid.err).toStartWith("garza: operations/bad.yml:2:");
  const wanting = await type("run", "good", "b=1");
  expect(wanting.code).toBe(2);
  expect(wanting.err).toContain("Usage: garza run good a=");
});
