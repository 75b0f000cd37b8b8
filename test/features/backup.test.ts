import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Sandbox, sandbox } from "../support/sandbox.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const files = {
  "operations/ok.yml": `${head}steps: [{ type: command, name: say, command: echo hello }]\n`,
  "operations/long.yml": `${head}steps: [{ type: command, name: wait, command: "echo begun; exec sleep 60" }]\n`,
};

type Made = { file: string; bytes: number; operations: number };

const made = async (box: Sandbox, ...words: string[]): Promise<Made> =>
  JSON.parse((await box.garza("backup", ...words, "--json")).stdout);

/** A byte in the middle, as a failing disk would have it. */
function damage(box: Sandbox): void {
  const file = join(box.data, "garza.db");
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill((bytes[40_000] ?? 0) ^ 1, 40_000, 40_001));
}

test("a backup is made beside a running operation, listed, and put back after damage", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  const long = box.start("run", "long");
  await long.says("begun");
  const beside = await made(box);
  expect(beside.operations).toBe(2);
  expect(beside.file).toStartWith(join(box.data, "backups/garza-20"));
  const busy = await box.garza("backup", "restore", beside.file);
  expect(busy.exitCode).toBe(75);
  expect(busy.stderr).toMatch(/^garza: garza run \(process \d+\) uses .*\. Stop it first, or wait for its end\n$/);
  await long.end();

  rmSync(beside.file);
  const copy = await made(box, "copy.db");
  expect(copy.file).toBe(join(box.root, "copy.db"));
  const listed = await made(box);
  expect(JSON.parse((await box.garza("backup", "list", "--json")).stdout)).toMatchObject([{ file: listed.file }]);
  expect((await box.garza("backup", "list")).stdout).toContain(listed.file);

  rmSync(join(box.data, "garza.db"));
  const name = basename(listed.file);
  const refused = await box.garza("run", "ok");
  expect(refused.exitCode).toBe(65);
  expect(refused.stderr).toContain(`garza backup restore ${name}\n`);
  const restored = await box.garza("backup", "restore", name);
  expect([restored.exitCode, restored.stderr]).toEqual([
    0,
    expect.stringContaining(`Restored ${listed.file}: 2 operations\n`),
  ]);
  expect((await box.garza("run", "ok")).exitCode).toBe(0);
  expect((await box.garza("history")).stdout.trim().split("\n").length).toBe(3);
});

test("a single changed byte is told by what runs, by doctor and by backup; the damaged file is kept", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  const { file } = await made(box);
  damage(box);
  const before = readFileSync(join(box.data, "garza.db"));
  for (const typed of [["run", "ok"], ["backup"]]) {
    const { exitCode, stderr } = await box.garza(...typed);
    expect({ typed, exitCode }).toEqual({ typed, exitCode: 65 });
    expect(stderr).toContain("its bytes are not those it was closed with");
    expect(stderr).toContain(`Put one in its place (this one is kept aside): garza backup restore ${basename(file)}`);
  }
  const doctor = await box.garza("doctor");
  expect(doctor.exitCode).toBe(1);
  expect(doctor.stdout).toMatch(/FAIL +database +.*garza\.db is damaged/);
  expect(doctor.stdout).toContain(`garza backup restore ${basename(file)}`);
  const { aside } = JSON.parse((await box.garza("backup", "restore", file, "--json")).stdout);
  expect(readFileSync(join(aside, "garza.db")).equals(before)).toBe(true);
  expect((await box.garza("run", "ok")).exitCode).toBe(0);
  expect((await box.garza("doctor")).stdout).toMatch(/ok +database +whole: 2 operations/);
});

test("without a backup one starts with an empty database, and what was there is kept", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  damage(box);
  expect((await box.garza("run", "ok")).stderr).toContain("garza backup restore --empty");
  expect((await box.garza("backup", "restore", "--empty")).exitCode).toBe(0);
  expect((await box.garza("status")).stdout).toContain("Nothing has run here yet");
  expect((await box.garza("run", "ok")).exitCode).toBe(0);
  expect(readdirSync(box.data).some((name) => name.startsWith("damaged-"))).toBe(true);
});

test("what can't be a backup is refused, and a mistyped word makes no file", async () => {
  await using box = await sandbox({ files });
  expect((await box.garza("backup")).stderr).toContain("nothing has run here yet");
  await box.garza("run", "ok");
  const before = readFileSync(join(box.data, "garza.db"));
  for (const [typed, exitCode, said] of [
    [["backup", "lst"], 2, "Did you mean: garza backup list"],
    [["backup", "restore"], 2, "needs either FILE or --empty"],
    [["backup", "restore", "a.db", "--empty"], 2, "needs either FILE or --empty"],
    [["backup", "restore", "none.db"], 2, "there is no backup none.db"],
    [["backup", "restore", "operations/ok.yml"], 65, "ok.yml is damaged (file is not a database)"],
  ] as const) {
    const ended = await box.garza(...typed);
    expect({ typed, exitCode: ended.exitCode, stdout: ended.stdout }).toEqual({ typed, exitCode, stdout: "" });
    expect(ended.stderr).toContain(said);
  }
  expect(readFileSync(join(box.data, "garza.db")).equals(before)).toBe(true);
  expect(readdirSync(box.root)).not.toContain("lst");
});

test("a restore that was stopped half way is told, and can be done again", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  const { file } = await made(box);
  // Stopped between moving the damaged database away and putting the backup in its place.
  mkdirSync(join(box.data, "damaged-x"));
  cpSync(join(box.data, "garza.db"), join(box.data, "damaged-x/garza.db"));
  rmSync(join(box.data, "garza.db"));
  expect((await box.garza("status")).exitCode).toBe(65);
  expect((await box.garza("backup", "restore", basename(file))).exitCode).toBe(0);
  expect((await box.garza("history")).stdout).toContain("success");
});
