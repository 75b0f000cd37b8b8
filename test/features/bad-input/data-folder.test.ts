import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram, type Sandbox, sandbox } from "../../support/sandbox.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const files = { "operations/ok.yml": `${head}steps: [{ type: command, name: say, command: echo hello }]\n` };

const database = (box: Sandbox) => join(box.data, "garza.db");
const readers = [["status"], ["history"], ["logs", "op_x"], ["queue", "resume", "op_x"]];

/** Every command ends so, says so, and leaves the database as it is. */
async function allRefuse(box: Sandbox, exitCode: number, said: string): Promise<void> {
  const before = readFileSync(database(box));
  for (const typed of [["run", "ok"], ...readers]) {
    const ended = await box.garza(...typed);
    expect({ typed, exitCode: ended.exitCode, stdout: ended.stdout }).toEqual({ typed, exitCode, stdout: "" });
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).not.toContain("bug");
  }
  expect(readFileSync(database(box)).equals(before)).toBe(true);
}

test.each([
  ["a text", () => Buffer.from("this is no database at all, and long enough for a header\n".repeat(40))],
  ["zeros", () => Buffer.alloc(8192)],
])("a database that holds %s is damaged: nothing is changed", async (_, bytes) => {
  await using box = await sandbox({ files });
  mkdirSync(box.data, { mode: 0o700 });
  writeFileSync(database(box), bytes());
  await allRefuse(box, 65, "garza.db is damaged");
});

test("a database with a torn page is damaged: nothing is changed", async () => {
  await using box = await sandbox({ files });
  expect((await box.garza("run", "ok")).exitCode).toBe(0);
  const bytes = readFileSync(database(box));
  writeFileSync(database(box), bytes.fill(0xa5, 4096, 40_000));
  await allRefuse(box, 65, "garza.db is damaged");
});

test.each([
  ["with other tables", "create table notes (text)"],
  ["with tables of our names", "create table meta (name text, value text); create table operation (a)"],
])("another program's database %s is refused: nothing is changed", async (_, sql) => {
  await using box = await sandbox({ files });
  mkdirSync(box.data, { mode: 0o700 });
  const foreign = new Database(database(box));
  foreign.exec(sql);
  foreign.close();
  await allRefuse(box, 65, "it is a database, but not garza's");
});

test("a newer program's database is refused, also for reading: nothing is changed", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  const db = new Database(database(box));
  db.run("update meta set value = '99'");
  db.close();
  await allRefuse(box, 78, "was written by a newer garza");
});

test("an empty database is as good as none", async () => {
  await using box = await sandbox({ files });
  mkdirSync(box.data, { mode: 0o700 });
  writeFileSync(database(box), "");
  expect((await box.garza("status")).stdout).toContain("Nothing has run here yet");
  expect((await box.garza("run", "ok")).exitCode).toBe(0);
});

test.each([
  ["owner.db", "x".repeat(200), 65],
  ["machine.json", "{", 65],
  ["machine.json", "null", 65],
  ["machine.json", '"x"', 65],
])("a damaged %s (%p) is named, and nothing runs", async (name, text, exitCode) => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  writeFileSync(join(box.data, name), text);
  const ended = await box.garza("run", "ok");
  expect(ended.exitCode).toBe(exitCode);
  expect(ended.stderr).toContain(`${name} is damaged`);
});

test("the data folder of another root is refused by what runs and by what reads", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  const other = join(box.folder, "other");
  mkdirSync(join(other, "operations"), { recursive: true });
  for (const typed of [["run", "demo/hello"], ["status"], ["history"]]) {
    const { exitCode, stdout, stderr } = await box.garza("--root", other, ...typed);
    expect({ exitCode, stdout }).toEqual({ exitCode: 78, stdout: "" });
    expect(stderr).toContain("one folder serves one root\n  Unset GARZA_HOME, or give each root its own");
  }
});

test("a root that is not there, is a file, or has no operations, is named", async () => {
  await using box = await sandbox({ files });
  for (const [root, why] of [
    ["nowhere", "there is no such folder"],
    ["operations/ok.yml", "there is no such folder"],
    ["operations", "this folder has no operations/"],
  ] as const) {
    const { exitCode, stderr } = await box.garza("--root", root, "run", "ok");
    expect(exitCode).toBe(78);
    expect(stderr).toBe(`garza: --root ${box.root}/${root}: ${why}\n  Make it: garza init ${box.root}/${root}\n`);
  }
});

test("without HOME there is a problem that says what to set, and with GARZA_HOME none", async () => {
  await using box = await sandbox({ files });
  const without = (...names: string[]) =>
    box.run("env", ...names.flatMap((name) => ["-u", name]), compiledProgram(), "run", "ok");
  const refused = await without("HOME", "GARZA_HOME");
  expect([refused.exitCode, refused.stderr]).toEqual([
    78,
    "garza: HOME: is not set, so there is no place for the data folder\n  Set HOME, or name the data folder with GARZA_HOME\n",
  ]);
  expect((await without("HOME")).exitCode).toBe(0);
});

test("without git on PATH everything works but what needs git, which says so", async () => {
  const git = `${head}steps: [{ type: git, name: look, command: git status }]\n`;
  await using box = await sandbox({ files: { ...files, "operations/git.yml": git } });
  for (const name of ["sh", "cat", "mkdir", "mv", "rm", "sed"])
    await box.run("ln", "-s", `/bin/${name}`, join(box.folder, "bin", name));
  const run = (name: string) => box.run("/usr/bin/env", `PATH=${box.folder}/bin`, compiledProgram(), "run", name);
  expect((await run("ok")).exitCode).toBe(0);
  const { exitCode, stderr } = await run("git");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("git is not on PATH");
  expect(readdirSync(join(box.data, "run"))).toEqual([]);
});

const root = process.getuid?.() === 0;

test.skipIf(!root)("a read-only data folder can be read from, and a run says what is in its way", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  const script = `mount --bind "$GARZA_HOME" "$GARZA_HOME" && mount -o remount,ro,bind "$GARZA_HOME" && "$0" "$@"`;
  const within = (...typed: string[]) => box.run("unshare", "-m", "sh", "-c", script, compiledProgram(), ...typed);
  expect((await within("status")).stdout).toMatch(/^Ended\n {2}op_\w+ .* success .* ok\n$/m);
  const { exitCode, stderr } = await within("run", "ok");
  expect(exitCode).toBe(74);
  expect(stderr).toContain("EROFS: read-only file system");
  expect(stderr).toContain("\n  Look at it");
});

test.skipIf(!root)(
  "a full disk is said to be full, by whatever meets it first, and nothing is half submitted",
  async () => {
    await using box = await sandbox({ files });
    mkdirSync(box.data);
    const script = `mount -t tmpfs -o size=64m,mode=700 tmpfs "$GARZA_HOME" && head -c $1 /dev/zero > "$GARZA_HOME/fill"
    shift; "$@"; code=$?; rm "$GARZA_HOME/fill"; "$1" run ok; "$1" status; exit $code`;
    const full = (bytes: number) =>
      box.run(
        "unshare",
        "-m",
        "sh",
        "-c",
        script,
        "sh",
        String(bytes),
        compiledProgram(),
        "--root",
        box.root,
        "run",
        "ok",
      );
    for (const free of [0, 20, 45, 75, 130]) {
      // The folder is not empty and open to others otherwise.
      const { exitCode, stdout, stderr } = await full(64 * 1024 * 1024 - free * 1024);
      expect({ free, exitCode }).toEqual({ free, exitCode: 73 });
      expect(stderr).toMatch(/garza: no space left at .*\. Free some, then run again\n/);
      expect(stdout).toContain(" success ");
    }
  },
  20_000,
);

test.skipIf(!root)("who may not read the data folder is told so, not that nothing has run", async () => {
  await using box = await sandbox({ files });
  await box.garza("run", "ok");
  chmodSync(box.folder, 0o755);
  const program = join(box.folder, "garza");
  await box.run("cp", compiledProgram(), program);
  const { exitCode, stdout, stderr } = await box.run("setpriv", "--reuid=65534", "--clear-groups", program, "status");
  expect({ exitCode, stdout }).toEqual({ exitCode: 74, stdout: "" });
  expect(stderr).toContain("permission denied");
  const run = await box.run("setpriv", "--reuid=65534", "--clear-groups", program, "run", "ok");
  expect(run.exitCode).toBe(77);
  rmSync(program);
});
