import { expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sandbox } from "../../support/sandbox.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const typed = `${head}parameters:
  v: { type: string, required: true, description: a value }
  n: { type: number, default: 3, min: 1, max: 5 }
  b: { type: boolean, default: true }
  l: { type: list, default: [] }
  e: { type: string, enum: [red, green], default: red }
steps:
  - { type: command, name: say, command: "echo \${v} \${n} \${b} \${l} \${e} > ../said" }
`;
const usage = "Usage: garza run typed v=… [n=3] [b=true] [l=[]] [e=red]\n";

test("every fault of the parameters is told at once, with the usage line, and nothing is kept", async () => {
  await using box = await sandbox({ files: { "operations/typed.yml": typed }, git: false });
  const { exitCode, stdout, stderr } = await box.garza("run", "typed", "n=9", "b=maybe", "e=blue", "nn=1");
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr.endsWith(usage)).toBe(true);
  for (const said of [
    "needs parameter v (a value)\n",
    "there is no parameter nn. Did you mean n?\n",
    "n must be at most 5, not 9\n",
    'b must be true or false, not "maybe"\n',
    'e must be one of red, green, not "blue"\n',
  ])
    expect(stderr).toContain(said);
  expect((await box.garza("history")).stdout).not.toContain("op_");
});

test.each([
  [["v"], '"v" is not of the form name=value'],
  [["=x"], '"=x" is not of the form name=value'],
  [["v=1", "v=2"], "v is given twice"],
  [["__proto__=1", "v=1"], "__proto__"],
  [["constructor:={}", "v=1"], "constructor"],
  [["toString=1", "v=1"], "there is no parameter toString"],
  [["v:={"], "v: "],
  [['v:={"a":1}'], 'v must be text, not {"a":1}'],
  [["v=1", 'l:={"__proto__":[]}'], "l must be a list"],
  [["v=1", "n=NaN"], 'n must be a number, not "NaN"'],
  [["v=1", "n=1e999"], 'n must be a number, not "1e999"'],
  [["v=1", "n=0x10"], 'n must be a number, not "0x10"'],
  [["v=@nowhere"], "nowhere"],
])("%p is refused before anything is kept", async (words, said) => {
  await using box = await sandbox({ files: { "operations/typed.yml": typed }, git: false });
  const { exitCode, stdout, stderr } = await box.garza("run", "typed", ...words);
  expect({ words, exitCode, stdout }).toEqual({ words, exitCode: 2, stdout: "" });
  expect(stderr).toContain(said);
  expect((await box.garza("history")).stdout).not.toContain("op_");
});

const one = `${head}parameters: { v: { type: string, required: true, allow_dash: true } }
steps:
  - { type: command, name: say, command: "printf '%s|' '\${v}' \${v} \\"\${v}\\"", output: o }
  - { type: assert, name: same, condition: "o == v + '|' + v + '|' + v + '|'", message: "got \${o}" }
  - { type: state_update, name: keep, file: kept.json, updates: { .value: "\${v}", '.keys["\${v}"]': true } }
`;

test("a value goes whole to a command, a condition and a state path, whatever it holds", async () => {
  await using box = await sandbox({ files: { "operations/one.yml": one } });
  const values = [
    `it's "q" $(touch hit) \`touch hit\` \\ $HOME ; touch hit & | > hit < *`,
    "new\nline\r\ntab\t end",
    "-rf",
    "--help",
    "a.b[0]*",
    "${v}",
    "\u001b[31m\u202e\u0007",
    "é😀",
    "y".repeat(60_000),
  ];
  for (const value of values) {
    const { exitCode, stderr } = await box.garza("run", "one", `v=${value}`);
    expect({ value, exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ value, exitCode: 0, stderr: "" });
    expect(await box.json("infra/state/kept.json")).toMatchObject({ value });
  }
  const { keys } = (await box.json("infra/state/kept.json")) as { keys: object };
  expect(Object.keys(keys)).toEqual(values);
  expect(existsSync(join(box.root, "hit"))).toBe(false);
}, 20_000);

test.each([
  ["a NUL", '"a\\u0000b"', "E_NUL in say: the value of ${v} holds a NUL character"],
  ["a lone surrogate", '"a\\ud800b"', "E_UTF8 in say: the value of ${v} is not well-formed Unicode"],
  [
    "200,000 characters",
    JSON.stringify("y".repeat(100_000)),
    "E_TOO_LONG in say: the value of ${v} is longer than 64 KiB",
  ],
])("a value with %s fails the step before its command runs, and leaves nothing", async (_, json, said) => {
  await using box = await sandbox({ files: { "operations/one.yml": one } });
  const { exitCode, stderr } = await box.garza("run", "one", `v:=${json}`);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(said);
  expect(readdirSync(join(box.data, "run"))).toEqual([]);
  expect(existsSync(join(box.root, "infra/state/kept.json"))).toBe(false);
});

test("200,000 characters from a file reach a command by its standard input", async () => {
  const text = `${head}parameters: { v: { type: string, required: true } }
steps: [{ type: command, name: count, command: wc -c, stdin: "\${v}", expected_output: "200000" }]\n`;
  await using box = await sandbox({ files: { "operations/count.yml": text, big: "z".repeat(200_000) } });
  const { exitCode, stderr } = await box.garza("run", "count", "v=@big");
  expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
});

test("a value that begins with a dash is refused where it would be an option", async () => {
  await using box = await sandbox({ files: { "operations/typed.yml": typed }, git: false });
  const { exitCode, stderr } = await box.garza("run", "typed", "v=-rf");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("E_LEADING_DASH in say: the value of ${v} begins with -, so it would be an option\n");
  expect(existsSync(join(box.folder, "said"))).toBe(false);
});

test("what JSON calls __proto__ changes no other value", async () => {
  const text = `${head}parameters: { l: { type: list, required: true } }
steps:
  - { type: assert, name: clean, condition: "l[0].polluted == '' && l[0].__proto__ != 1", message: polluted }\n`;
  await using box = await sandbox({ files: { "operations/json.yml": text } });
  const { exitCode, stderr } = await box.garza("run", "json", 'l:=[{"__proto__":{"polluted":1}}]');
  expect(exitCode === 0 || /proto/.test(stderr)).toBe(true);
  expect(stderr).not.toContain("polluted\n");
});
