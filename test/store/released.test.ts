/** A journal that each released version has made, with an operation of every kind: it must open, now and later. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { newestVersion, oldestSchema } from "../../src/store/migrate.ts";
import { openStore } from "../../src/store/store.ts";
import { compiledProgram, sandbox } from "../support/sandbox.ts";
import { sandbox as folderOfOurs } from "../support/temporary.ts";

const released = join(import.meta.dir, "released");
const versions = readdirSync(released).map((name) => name.replace(/\.db\.gz$/, ""));
const base = folderOfOurs();

function unpacked(version: string, name = "copy.db"): string {
  const file = join(mkdtempSync(join(base, "journal-")), name);
  writeFileSync(file, Bun.gunzipSync(readFileSync(join(released, `${version}.db.gz`))), { mode: 0o600 });
  return file;
}

const operations = (db: Database) =>
  db.query("select template, status, reason from operation order by sequence").values();
const asWritten = [
  ["demo/hello", "success", null],
  ["demo/rollback", "failed", "step_failed"],
  ["slow", "interrupted", "unknown"],
  ["demo/hello", "queued", null],
];

test("there is one of the first release", () => {
  expect(versions).toContain("0.1.0");
});

test.each(versions)("%s: every row is there afterwards, and what it was is backed up", (version) => {
  const file = unpacked(version);
  const store = openStore(file, systemClock.now);
  expect(operations(store.read)).toEqual(asWritten);
  expect(store.read.query("select value from meta where name in ('version', 'oldest_binary') order by name").values()).toEqual([[String(oldestSchema)], [String(newestVersion)]]); // biome-ignore format: one expectation
  store.close();
  const [backup = ""] = readdirSync(join(file, "../backups"));
  const before = new Database(join(file, "../backups", backup), { readonly: true });
  expect(operations(before)).toEqual(asWritten);
  before.close();
});

test.each(versions)(
  "%s: an agent carries on what waits in it, and a person settles what was interrupted",
  async (version) => {
    await using box = await sandbox();
    const made = unpacked(version, "garza.db");
    expect((await box.garza("run", "demo/hello")).exitCode).toBe(0);
    rmSync(join(box.data, "garza.seal"), { force: true });
    for (const suffix of ["-wal", "-shm"]) rmSync(join(box.data, `garza.db${suffix}`), { force: true });
    copyFileSync(made, join(box.data, "garza.db"));
    const agent = box.start("agent");
    await agent.says(/ended: success/);
    const history = (await box.garza("history")).stdout;
    expect(history.match(/success/g)).toHaveLength(2);
    const [interrupted = ""] = /op_\S+(?=.*interrupted)/.exec(history) ?? [];
    const resolved = await box.garza("queue", "resolve", interrupted, "--step", "wait", "--as", "failed");
    expect(resolved.exitCode).toBe(0);
    await agent.says(`${interrupted} ended: failed`);
  },
  60_000,
);

const canTrace = Bun.which("strace") !== null && Bun.spawnSync(["strace", "-o", "/dev/null", "true"]).exitCode === 0;

test.skipIf(!canTrace).each(versions)(
  "%s: killed at any write of its migration, the next start makes it whole",
  async (version) => {
    /** Of the one thread that writes: strace counts for each by itself. */
    const writes = (file: string) => {
      const threads = [...readFileSync(`${file}.trace`, "utf8").matchAll(/^(\d+) +pwrite64/gm)].map(
        ([, thread]) => thread,
      );
      return Math.max(
        ...Map.groupBy(threads, (thread) => thread)
          .values()
          .map((each) => each.length),
      );
    };
    const check = (file: string, at: number | null) =>
      Bun.spawnSync(
        [
        "strace", "-f", "-qq", "-o", `${file}.trace`, "-e", "trace=pwrite64",
        ...(at === null ? [] : ["-e", `inject=pwrite64:signal=KILL:when=${at}`]),
        compiledProgram(), "agent", "check", file, "--json",
      ], // biome-ignore format: a command line
        { env: { PATH: process.env.PATH ?? "" } },
      );
    const whole = unpacked(version);
    const { stdout, exitCode } = check(whole, null);
    expect([exitCode, JSON.parse(stdout.toString())]).toEqual([
      0,
      expect.objectContaining({ operations: 4, schema: newestVersion }),
    ]);
    const count = writes(whole);
    expect(count).toBeGreaterThan(10);
    const step = Math.ceil(count / 16);
    for (let at = 1; at <= count; at += step) {
      const file = unpacked(version);
      expect([at, check(file, at).signalCode]).toEqual([at, "SIGKILL"]);
      const store = openStore(file, systemClock.now);
      expect([at, operations(store.read)]).toEqual([at, asWritten]);
      store.close();
    }
  },
  60_000,
);
