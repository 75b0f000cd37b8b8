import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const steps = "steps: [{ type: command, name: a, command: touch ../done }]\n";
const ok = head + steps;

function operationsIn({ data }: Sandbox): number {
  const file = `${data}/garza.db`;
  return existsSync(file) ? new Database(file, { readonly: true }).query("select id from operation").all().length : 0;
}

/** The exit code and what was said, after making sure that nothing ran and nothing is kept. */
async function refused(box: Sandbox, ...typed: string[]) {
  const { exitCode, stdout, stderr } = await box.garza(...typed);
  expect({ typed, stdout }).toEqual({ typed, stdout: "" });
  expect(stderr).not.toContain("bug");
  expect(existsSync(`${box.folder}/done`)).toBe(false);
  expect(operationsIn(box)).toBe(0);
  return { exitCode, stderr };
}

const many = (count: number, text: string) => text.repeat(count);
const nested = "[".repeat(100_000) + "]".repeat(100_000);

test.each([
  ["is empty", "", "1:1: error: the file is empty"],
  ["is a text", "hello\n", "1:1: error: a template is a mapping that begins with `operation:`"],
  ["is a list", "- a\n", "1:1: error: a template is a mapping that begins with `operation:`"],
  ["has a key twice", head + ok, "2:1: error: `operation` is written twice (first in line 1)"],
  ["has two documents", `${ok}---\n${ok}`, "3:1: error: a second document begins here"],
  ["is nested deeply", `${ok}x-a: ${nested}\n`, "error: nested more than 100 levels deep"],
  [
    "holds an alias bomb",
    `${ok}x-a: &a [${many(10, "1,")}]\nx-b: &b [${many(10, "*a,")}]\nx-c: &c [${many(10, "*b,")}]\nx-d: [${many(10, "*c,")}]\n`,
    "error: aliases bring in more than 100 nodes",
  ],
  ["has an alias of itself", `${ok}x-a: &a [*a]\n`, "error: *a would hold itself"],
  ["has __proto__ as a key", `${ok}__proto__: { a: 1 }\n`, "3:1: error: `__proto__` can't be a key"],
  ["has constructor as a parameter", `${head}parameters: { constructor: 1 }\n${steps}`, "`constructor` can't be a key"],
  [
    "sets __proto__",
    `${head}steps: [{ type: set, name: a, values: { __proto__: 1 } }]\n`,
    "`__proto__` can't be a key",
  ],
  ["names a step type toString", `${head}steps: [{ type: toString, name: a }]\n`, "unknown step type `toString`"],
  [
    "updates a state path through __proto__",
    `${head}steps: [{ type: state_update, name: a, file: s.json, updates: { .a.__proto__.b: 1 } }]\n`,
    "__proto__",
  ],
  ["has a tab as indentation", `${head}steps:\n\t- a\n`, "3:1: error: a tab is used as indentation"],
  ["has a tag", `${head}steps: [!!js/function {}]\n`, "Templates use no tags."],
  [
    "has a long expression",
    `${head}steps: [{ type: set, name: a, values: { b: "\${${many(20_000, "1+")}1}" } }]\n`,
    "longer than 16384 characters",
  ],
  [
    "has a deep expression",
    `${head}steps: [{ type: set, name: a, values: { b: "\${${many(5_000, "(")}1${many(5_000, ")")}}" } }]\n`,
    "nested too deeply",
  ],
  ["has 12,000 steps", `${head}steps:\n${many(12_000, "- { type: exit }\n")}`, "a template has at most 10000 steps"],
  ["has 100,000 steps", `${head}steps:\n${many(100_000, "- { type: exit }\n")}`, "is larger than 1 MiB"],
  ["has more than 1 MiB", `${ok}x-a: "${many(1024 * 1024, "x")}"\n`, "is larger than 1 MiB"],
  [
    "loads itself",
    `${head}steps: [{ type: load_operation, name: l, template: bad }]\n`,
    "it would load itself: bad → bad",
  ],
])("a template that %s is refused with its place, and nothing runs", async (_, text, said) => {
  await using box = await sandbox({ files: { "operations/bad.yml": text }, git: false });
  const { exitCode, stderr } = await refused(box, "run", "bad");
  expect(stderr).toContain(said);
  expect(stderr).toContain("operations/bad.yml");
  expect(exitCode).toBe(3);
});

test("all faults of a template are told at once, with the nearest words", async () => {
  const text = [
    `${head}rolback: {}`,
    "steps:",
    "  - { type: comand, name: a, command: echo }",
    "  - { type: command, name: b, command: echo, continue_on_failur: true }",
    "  - { type: command, name: b, timeout: {} }",
  ].join("\n");
  await using box = await sandbox({ files: { "operations/bad.yml": text }, git: false });
  const { exitCode, stderr } = await refused(box, "run", "bad");
  expect(exitCode).toBe(3);
  for (const said of [
    "2:1: error: unknown key `rolback`. Did you mean rollback?",
    "4:13: error: unknown step type `comand`. Did you mean command?",
    "5:46: error: unknown key `continue_on_failur`. Did you mean continue_on_failure?",
    "operations/bad.yml:6:",
  ])
    expect(stderr).toContain(said);
});

test("templates that load each other are refused with the way round", async () => {
  const loading = (name: string) => `${head}steps: [{ type: load_operation, name: l, template: ${name} }]\n`;
  await using box = await sandbox({ files: { "operations/a.yml": loading("b"), "operations/b.yml": loading("a") } });
  const { exitCode, stderr } = await refused(box, "run", "a");
  expect([exitCode, stderr.includes("it would load itself: a → b → a")]).toEqual([3, true]);
});

test("a template that loads one named by a value ends at the depth allowed", async () => {
  const text = `${head}parameters: { t: dyn }\nsteps: [{ type: load_operation, name: l, template: "\${t}" }]\n`;
  await using box = await sandbox({ files: { "operations/dyn.yml": text } });
  const { exitCode, stderr } = await box.garza("run", "dyn");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("operations are nested more than 8 deep");
  expect((await box.garza("status")).stdout).not.toContain("running");
});

test("what is no template of the repository is refused at once, by name", async () => {
  await using box = await sandbox({ files: { "outside.yml": ok, "operations/folder.yml/x": "" }, git: false });
  const script = `mkfifo fifo operations/fifo.yml; ln -s ../outside.yml operations/out.yml
    ln -s /dev/zero operations/zero.yml; ln -s /dev/null operations/null.yml`;
  await box.run("sh", "-c", script);
  const notThere = ["./nowhere.yml", "", "a\nb", "x".repeat(5000)];
  const notInside = ["..", "a/../../b", "operations/../../outside", "out", "zero", "null"];
  const notRegular = ["fifo", "./operations/fifo.yml", "./fifo", "folder", "/dev/zero", "@/dev/zero"];
  for (const [names, code] of [
    [notThere, 3],
    [notInside, 2],
    [notRegular, 2],
  ] as const) {
    for (const name of names) {
      const { exitCode, stderr } = await refused(box, "run", "--", name);
      expect({ name, exitCode }).toEqual({ name, exitCode: code });
      expect(stderr).toContain(name.replace(/^@|^\.\//, ""));
    }
  }
}, 20_000);

test("a repository without templates has the built-in ones, and validates", async () => {
  await using box = await sandbox();
  expect((await box.garza("template", "list")).stdout).toContain("demo/hello");
  expect(await box.garza("template", "validate")).toMatchObject({ exitCode: 0, stdout: "0 checked, 0 with faults\n" });
  expect((await box.garza("status")).exitCode).toBe(0);
});

test("1,000 templates are listed, checked, and found by their operation's name", async () => {
  const named = (n: number) => ok.replace("name: x", `name: name_${n}`);
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`operations/t/${n}.yml`, named(n)]));
  await using box = await sandbox({ files, git: false });
  expect((await box.garza("template", "list")).stdout.match(/^t\//gm)).toHaveLength(1000);
  expect((await box.garza("template", "validate")).stdout).toBe("1000 checked, 0 with faults\n");
  expect((await box.garza("run", "name_777")).exitCode).toBe(0);
}, 20_000);

test("a template of exactly 1 MiB runs", async () => {
  const text = `${ok}x-a: "`;
  await using box = await sandbox({
    files: { "operations/big.yml": `${text}${"x".repeat(2 ** 20 - text.length - 2)}"\n` },
  });
  expect((await box.garza("run", "big")).exitCode).toBe(0);
});
