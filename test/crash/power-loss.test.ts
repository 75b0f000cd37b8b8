/** The power fails: what was acknowledged is there, whatever the disk made of the rest. */
import { beforeAll, describe, expect, test } from "bun:test";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { start } from "../support/running.ts";
import { compiledProgram, type Sandbox, sandbox } from "../support/sandbox.ts";
import { sandbox as temporaryFolder } from "../support/temporary.ts";
import { audit, missing, untold, withoutEffect } from "./power-loss/audit.ts";
import { bootAnew } from "./power-loss/boot-anew.ts";
import { type Judge, type Loss, losePower } from "./power-loss/lose-power.ts";
import { type Act, type Recording, record } from "./power-loss/record.ts";

const cuts = Number(process.env.GARZA_POWER_CUTS ?? 400);
const seed = Number(process.env.SEED ?? 147_044);

const recordQueue = (folder: string, ...synchronous: string[]) =>
  record(
    [
      process.execPath,
      Bun.fileURLToPath(import.meta.resolve("./power-loss/write-operations.ts")),
      join(folder, "garza.db"),
      ...synchronous,
    ],
    {
      cwd: folder,
      env: { PATH: process.env.PATH ?? "", BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0" },
      folder,
    },
  );
const judge: Judge = (left, said) => audit(join(left, "garza.db"), (db) => missing(db, said));

describe("the queue's database", () => {
  const [folder, loose] = [temporaryFolder(), temporaryFolder()];
  let full: Recording;
  let normal: Recording;
  beforeAll(async () => {
    full = await recordQueue(folder);
    normal = await recordQueue(loose, "normal");
    expect([full.exitCode, normal.exitCode]).toEqual([0, 0]);
  });
  const lose = (recording: Recording, loss: Pick<Loss, "cuts" | "behind" | "forgets">) =>
    losePower(recording, { ...loss, seed, folder: recording === full ? folder : loose }, judge);

  test("loses nothing that was acknowledged, and stays whole", async () => {
    expect(await lose(full, { cuts, forgets: "unsynced" })).toEqual([]);
  }, 600_000);

  test("opens wherever the power failed while it was being made", async () => {
    const isOfLog = (act: Act) => act.kind === "write" && act.path.endsWith("-wal");
    const making = new Set(full.acts.slice(0, full.acts.findIndex(isOfLog) + 3));
    const loss = { cuts: Math.ceil(cuts / 4), behind: (act: Act) => making.has(act), forgets: "unsynced" } as const;
    expect(await lose(full, loss)).toEqual([]);
  }, 600_000);

  test("control: with synchronous=NORMAL what was acknowledged is lost", async () => {
    const faults = await lose(normal, { cuts: 60, forgets: "unsynced" });
    expect(faults.join("\n")).toContain("was acknowledged");
  }, 600_000);

  test("control: with synchronous=NORMAL and a disk that forgets nothing, nothing is lost", async () => {
    expect(await lose(normal, { cuts: 60, forgets: "nothing" })).toEqual([]);
  }, 600_000);

  test("control: a disk that lies about what it has is found out", async () => {
    const faults = await lose(full, { cuts: 60, forgets: "synced-too" });
    expect(faults).not.toEqual([]);
  }, 600_000);
});

describe("garza run", () => {
  const effects = ["one", "two", "three", "four"];
  const template = `
operation: {name: effects, type: maintain, description: Leaves a safe line for each effect}
steps:
${effects.map((effect) => `  - {name: ${effect}, type: command, command: echo ${effect} >> effects && sync effects}`).join("\n")}
`;
  const files = { "operations/test/effects.yml": template, effects: "" };
  const recordRun = async ({ env, folder, root, data }: Sandbox) => {
    // Nobody who makes a folder syncs what it stands in: it was there before.
    await mkdir(data, { mode: 0o700 });
    const recording = await record([compiledProgram(), "run", "test/effects", "--json"], { cwd: root, env, folder });
    expect(recording.exitCode).toBe(0);
    return recording;
  };
  const linesIn = async (file: string) => (await readFile(file, "utf8")).split("\n").slice(0, -1);

  test("tells of nothing that a power cut takes back, and records no success whose effect is not there", async () => {
    await using box = await sandbox({ files });
    const { folder } = box;
    let looks = 0;
    const faults = await losePower(
      await recordRun(box),
      { cuts, seed, folder, forgets: "unsynced" },
      async (left, said) => {
        const there = new Set(await linesIn(join(left, "root/effects")));
        const shown = looks++ % 8 === 0 ? await statusOf(box, left, there) : [];
        const recorded = audit(join(left, "data/garza.db"), (db) => [...untold(db, said), ...withoutEffect(db, there)]);
        return [...shown, ...recorded];
      },
    );
    expect(faults).toEqual([]);
  }, 600_000);

  /** What the program itself shows of the folder that is left. */
  async function statusOf({ env, root }: Sandbox, left: string, there: ReadonlySet<string>): Promise<string[]> {
    const shown = start([compiledProgram(), "status", "--json"], {
      cwd: root,
      env: { ...env, GARZA_HOME: join(left, "data") },
    });
    const { exitCode, stdout, stderr } = await shown.ended;
    if (exitCode !== 0) return [`garza status ends with ${exitCode}: ${stderr}`];
    const { ended } = JSON.parse(stdout) as { ended: { status: string }[] };
    const isTrue = ended.every(({ status }) => status !== "success") || effects.every((effect) => there.has(effect));
    return isTrue ? [] : [`garza status shows success, and there is only ${[...there].join()}`];
  }

  test("on the next boot runs nothing again that may have run", async () => {
    await using box = await sandbox({ files });
    const { env, folder, root } = box;
    const behind = (act: Act) => act.kind === "sync" && act.path === join(root, "effects");
    const loss = { cuts: Math.ceil(cuts / 10), behind, seed, folder, forgets: "unsynced" } as const;
    let carriedOn = 0;
    const faults = await losePower(await recordRun(box), loss, async (left) => {
      const data = join(left, "data");
      const id = bootAnew(data);
      if (id === undefined) return [];
      carriedOn++;
      await copyFile(join(left, "root/effects"), join(root, "effects"));
      const resumed = start([compiledProgram(), "queue", "resume", id], {
        cwd: root,
        env: { ...env, GARZA_HOME: data },
      });
      const { exitCode } = await resumed.ended;
      const there = await linesIn(join(root, "effects"));
      const isOnce = new Set(there).size === there.length;
      const isTrue = exitCode === 0 ? there.length === effects.length : exitCode === 7;
      return isOnce && isTrue ? [] : [`carried on, it ends with ${exitCode} and leaves ${there.join()}`];
    });
    expect(carriedOn).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  }, 600_000);
});
