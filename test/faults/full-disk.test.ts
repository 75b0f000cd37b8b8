/** The data folder on a file system that is full: nothing is lost, nothing fails for it, and it goes on by itself. */
import { expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit } from "../crash/power-loss/audit.ts";
import { until } from "../support/temporary.ts";
import {
  type Box,
  canMount,
  counts,
  faultyBox,
  lines,
  runBehind,
  type SmallDisk,
  smallDisk,
  startAgent,
  stop,
  submit,
} from "./rig.ts";

/** In a copy: SQLite does not open a file by way of another namespace. */
function wrongIn(disk: SmallDisk): string[] {
  const copy = mkdtempSync(join(tmpdir(), "garza-copy-"));
  try {
    for (const name of ["garza.db", "garza.seal"]) copyFileSync(disk.at(name), join(copy, name));
    return audit(join(copy, "garza.db"), () => []);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const full = "No space left on device";
const began = async (box: Box) => until(() => existsSync(join(box.root, "effects")));
const gone = (box: Box) => writeFileSync(join(box.root, "go"), "");

test.skipIf(!canMount)(
  "what runs is recorded, nothing more is accepted or begun, and it goes on by itself",
  async () => {
    await using box = await faultyBox();
    const disk = await smallDisk(box, 64);
    const agent = await startAgent(box, ...disk.inside);
    await submit(box, "t/slow");
    await began(box);
    expect(disk.fill("filler")).toContain(full);

    const answers: number[] = [];
    while (answers.at(-1) !== 507) answers.push((await submit(box, "t/quick")).status);
    const accepted = answers.filter((status) => status === 201).length;
    expect(answers).toEqual([...Array(accepted).fill(201), 507]);
    await agent.says(`no space left at ${box.data}: what runs is recorded, nothing more is begun`);
    const refused = await runBehind(box, disk.inside, "run", "t/quick");
    expect(refused).toMatchObject({ exitCode: 73, stderr: expect.stringContaining(`no space left at ${box.data}`) });

    gone(box);
    await agent.says("ended: success");
    expect(await counts(box)).toEqual({ queued: accepted, running: 0, success: 1, failed: 0, interrupted: 0 });

    rmSync(disk.at("filler"));
    await agent.says("there is space again");
    await until(() => agent.stderr().split("ended: success").length === accepted + 2);
    expect(await lines(box, "said")).toEqual(Array(accepted).fill("x"));
    expect(await lines(box, "effects")).toEqual(["one", "went", "two"]);
    expect((await stop(agent)).exitCode).toBe(0);
    expect(wrongIn(disk)).toEqual([]);
  },
  30_000,
);

test.skipIf(!canMount)(
  "a result that could not be recorded is taken up when there is room",
  async () => {
    await using box = await faultyBox();
    const disk = await smallDisk(box, 64);
    const agent = await startAgent(box, ...disk.inside);
    await submit(box, "t/slow");
    await began(box);
    disk.fill("filler");
    while ((await submit(box, "t/quick")).status !== 507);
    // Now the reserve is gone, too.
    expect(disk.fill("rest")).toContain(full);
    const { length } = agent.stderr();
    gone(box);
    await until(() => readdirSync(disk.at("run")).every((folder) => existsSync(disk.at(`run/${folder}/exit`))));
    expect(agent.stderr().slice(length)).not.toContain("step one: success");
    rmSync(disk.at("filler"));
    await agent.says("step two: success");
    await until(() => agent.stderr().split("ended: success").length > 2);
    expect(await counts(box)).toMatchObject({ queued: 0, running: 0, failed: 0, interrupted: 0 });
    expect(await lines(box, "effects")).toEqual(["one", "went", "two"]);
    expect((await stop(agent)).exitCode).toBe(0);
    expect(wrongIn(disk)).toEqual([]);
  },
  30_000,
);

test.skipIf(!canMount)(
  "no step fails for want of room while the journal still has some",
  async () => {
    await using box = await faultyBox();
    const disk = await smallDisk(box, 64);
    const agent = await startAgent(box, ...disk.inside);
    // The log grows, is carried over, and begun anew: it has room for thousands of commits.
    const word = "x".repeat(400_000);
    const operations = Array(11).fill({ template: "t/quick", parameters: { word }, not_before: 4_102_444_800_000 });
    expect((await submit(box, { operations })).status).toBe(201);
    expect((await submit(box, "t/quick")).status).toBe(201);
    await agent.says("ended: success");
    expect(disk.fill("filler")).toContain(full);
    expect((await submit(box, "t/quick")).status).toBe(201);
    // Its run folder needed room, not its record.
    await agent.says("no space left");
    await until(() => agent.stderr().split("ended: ").length === 3);
    expect(await counts(box)).toMatchObject({ success: 2, failed: 0, interrupted: 0 });
    expect((await submit(box, "t/quick")).status).toBe(507);
    expect((await stop(agent)).exitCode).toBe(0);
  },
  30_000,
);

test.skipIf(!canMount)(
  "killed on a full disk, it starts there and carries on what ran",
  async () => {
    await using box = await faultyBox();
    const disk = await smallDisk(box, 64);
    const agent = await startAgent(box, ...disk.inside);
    await submit(box, "t/slow");
    await began(box);
    agent.signal("SIGKILL");
    await agent.ended;
    expect(disk.fill("filler")).toContain(full);
    expect(existsSync(disk.at("garza.reserve"))).toBe(true);
    // It runs nothing of what is there, so the room that is kept is not for it.
    expect((await runBehind(box, disk.inside, "run", "t/quick")).exitCode).toBe(73);
    expect(existsSync(disk.at("garza.reserve"))).toBe(true);

    const next = await startAgent(box, ...disk.inside);
    expect(next.stderr()).toContain("nothing more is begun");
    expect((await submit(box, "t/quick")).status).toBe(507);
    gone(box);
    await next.says("ended: success");
    expect(await lines(box, "effects")).toEqual(["one", "went", "two"]);
    expect((await stop(next)).exitCode).toBe(0);
  },
  30_000,
);

test.skipIf(!canMount)("where nothing was yet, a full disk is said, and nothing is left behind", async () => {
  await using box = await faultyBox();
  const disk = await smallDisk(box, 64);
  disk.fill("filler");
  const { exitCode, stderr } = await runBehind(box, disk.inside, "agent");
  expect({ exitCode, stderr }).toEqual({
    exitCode: 73,
    stderr: `garza: no space left at ${join(box.data, "machine.json")}. Free some, then run again\n`,
  });
  expect(readdirSync(disk.at(""))).toEqual(["filler"]);
});
