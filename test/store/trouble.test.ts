/** The database on a disk that is full or fails, for real: a small file system, and system calls that fail. */
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/store/store.ts";
import { sandbox } from "../support/temporary.ts";
import { idsIn } from "./rows.ts";

const base = sandbox();
const script = (name: string) => join(import.meta.dir, name);
const can = (...command: string[]) => Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command).exitCode === 0;
const canMount = can("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt");
const canTrace = can("strace", "-f", "-e", "trace=fsync", "true");

async function printed<Printed>(command: string[]): Promise<Printed> {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (!out.startsWith("{")) throw new Error(`${command.join(" ")}: ${out}${err}`);
  return JSON.parse(out) as Printed;
}

const onSmallDisk = (megabytes: number, reserveBytes: number) =>
  printed<Record<string, unknown>>([
    ...["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=${megabytes}m tmpfs /mnt && exec "$@"`, "sh"],
    ...[process.execPath, script("on-a-full-disk.ts"), "/mnt", String(reserveBytes)],
  ]);

test.skipIf(!canMount)("on a full disk the reserve is given up, what runs is journaled, and it recovers", async () => {
  expect(await onSmallDisk(16, 2 * 1024 * 1024)).toEqual({
    before: { write: null, full: false, reserve: true },
    filled: "ENOSPC",
    // The write that met the full disk is answered all the same.
    atFull: { first: null, full: true, reserve: false },
    atOnce: [null, null],
    last: "storage-full",
    regainedEarly: false,
    regained: true,
    after: { write: null, full: false, reserve: true },
    told: ["full", "space"],
    isWhole: true,
  });
});

test.skipIf(!canMount)(
  "without a reserve to give up the very same write is refused: the disk was really full",
  async () => {
    const { atFull, told, isWhole } = await onSmallDisk(16, 0);
    expect(atFull).toMatchObject({ first: "storage-full", full: true });
    expect({ told, isWhole }).toEqual({ told: ["full", "space"], isWhole: true });
  },
);

test.skipIf(!canMount)("where there is hardly room the store starts full, and writes", async () => {
  const { before, told, isWhole } = await onSmallDisk(7, 2 * 1024 * 1024);
  expect(before).toEqual({ write: null, full: true, reserve: false });
  // Once more when it was opened again, to be read.
  expect({ told, isWhole }).toEqual({ told: ["full", "full"], isWhole: true });
});

const calls = /^\S+ +(?:fsync|fdatasync)\(/;

/** Runs it with the nth sync failing (0: none), and says which synced before and after the one that failed. */
async function withFailing(count: number) {
  const folder = mkdtempSync(join(base, "failing-"));
  const file = join(folder, "garza.db");
  const log = join(folder, "log");
  const fault = count === 0 ? [] : ["-e", `inject=fsync,fdatasync:error=EIO:when=${count}`];
  const command = [process.execPath, script("on-a-failing-disk.ts"), file];
  const told = await printed<{ opened: string; writes: string[]; told: string[] }>([
    "strace",
    "-f",
    "-o",
    log,
    "-e",
    "trace=fsync,fdatasync",
    ...fault,
    ...command,
  ]);
  const lines = readFileSync(log, "utf8").split("\n");
  const syncs = lines.filter((line) => calls.test(line));
  const failed = syncs.findIndex((line) => line.includes("(INJECTED)"));
  return { ...told, file, syncs: syncs.length, failed, after: failed < 0 ? 0 : syncs.length - failed - 1 };
}

test.skipIf(!canTrace)(
  "a sync that fails is never tried again: what was answered before stays, everything after is refused",
  async () => {
    const sound = await withFailing(0);
    expect(sound).toMatchObject({ opened: "done", writes: ["done", "done", "done"], told: [], failed: -1 });
    const outcomes = new Set<string>();
    for (let count = 1; count <= sound.syncs; count++) {
      const { opened, writes, told, file, failed, after } = await withFailing(count);
      expect({ count, failed: failed + 1 }).toEqual({ count, failed: count });
      outcomes.add([opened, ...writes, ...told].join(", "));
      const done = writes.filter((each) => each === "done").length;
      // At the end nothing is left to be told, and the log keeps it all.
      if (opened === "done" && done === 3) continue;
      // Where there was no database yet, SQLite itself takes back what it had begun.
      if (writes.length > 0) expect({ count, after }).toEqual({ count, after: 0 });
      const store = openStore(file, Date.now, { reserveBytes: 4096 });
      const ids = idsIn(store.read);
      store.close();
      expect(ids.slice(0, done)).toEqual(["op_1", "op_2", "op_3"].slice(0, done));
      expect(ids.length).toBeLessThanOrEqual(done + 1);
    }
    const broken = "broken: input-output";
    expect([...outcomes].sort()).toEqual([
      `done, done, done, done`,
      `done, done, done, input-output, ${broken}`,
      `done, done, input-output, input-output, ${broken}`,
      `done, input-output, input-output, input-output, ${broken}`,
      "input-output",
    ]);
  },
  60_000,
);

test("without file descriptors it is the machine that lacks something, and afterwards it opens", () => {
  const folder = mkdtempSync(join(base, "files-"));
  const script = `
    const { openSync, closeSync } = require("node:fs");
    const { openStore } = await import(${JSON.stringify(join(import.meta.dir, "../../src/store/store.ts"))});
    const attempt = () => { try { openStore(process.argv[1], Date.now).close(); return "done"; } catch (e) { return e.problem.kind; } };
    const open = [];
    try { for (;;) open.push(openSync("/dev/null", "r")); } catch {}
    const without = attempt();
    open.forEach((fd) => closeSync(fd));
    console.log(without, attempt());`;
  const ended = Bun.spawnSync([
    "sh",
    "-c",
    'ulimit -n 64; exec "$@"',
    "sh",
    process.execPath,
    "-e",
    script,
    join(folder, "garza.db"),
  ]);
  expect(ended.stdout.toString()).toBe("machine-exhausted done\n");
});
