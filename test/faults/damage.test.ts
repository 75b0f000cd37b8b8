/** Files of the data folder that are damaged, strange or gone: told truly, left as they are, and mended as was told. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Box, faultyBox, lines, startAgent, stop, submit } from "./rig.ts";

/** A data folder with two operations, a backup of the first, and nobody at work. */
async function used(): Promise<Box> {
  const box = await faultyBox();
  // Beside the rest, as it is by itself.
  delete box.env.GARZA_SOCKET;
  for (const args of [["run", "t/quick"], ["backup"], ["run", "t/quick"]]) {
    expect((await box.garza(...args)).exitCode).toBe(0);
  }
  return box;
}

const noise = Buffer.alloc(9000, "not what was expected ");
const flipBit = (file: string) => {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(9000) ^ 1, 9000);
  writeFileSync(file, bytes);
};
const writeNothing = (path: string) => writeFileSync(path, "");

/** What writes refuses; the damaged file is as it was. */
async function refused(box: Box, name: string) {
  const before = readFileSync(join(box.data, name));
  const ends = [];
  for (const args of [["agent"], ["run", "t/quick"]]) ends.push(await box.garza(...args));
  expect(readFileSync(join(box.data, name)).equals(before)).toBe(true);
  const [first, ...others] = ends.map(({ exitCode, stderr }) => ({ exitCode, stderr }));
  expect(others.map((other) => JSON.stringify(other))).toEqual(others.map(() => JSON.stringify(first)));
  return { exitCode: first?.exitCode, text: first?.stderr.replaceAll(box.data, "DATA") ?? "" };
}

test.each([
  ["a flipped bit", flipBit, "its bytes are not those it was closed with"],
  ["a file that was cut off", (file: string) => truncateSync(file, 5000), "malformed"],
  ["another file", (file: string) => writeFileSync(file, noise), "file is not a database"],
] as const)("%s in place of the database: 65, the backups, and one of them mends it", async (_, damage, why) => {
  await using box = await used();
  damage(join(box.data, "garza.db"));
  const { exitCode, text } = await refused(box, "garza.db");
  expect(exitCode).toBe(65);
  expect(text).toContain(why);
  const [, command = ""] = /kept aside\): garza (.*)\n/.exec(text) ?? [];
  expect((await box.garza("doctor")).exitCode).toBe(1);
  expect(await box.garza(...command.split(" "))).toMatchObject({ exitCode: 0 });
  expect((await box.garza("run", "t/quick")).exitCode).toBe(0);
  expect((await box.garza("doctor")).exitCode).toBe(0);
});

test.each([
  ["owner.db", "file is not a database", "There is nothing in it. Where no agent runs: rm 'DATA/owner.db'"],
  ["machine.json", "it is not JSON", ""],
])("a strange %s: 65, what to do, and no backup of the database that would not help", async (name, why, remedy) => {
  await using box = await used();
  writeFileSync(join(box.data, name), noise);
  const { exitCode, text } = await refused(box, name);
  expect(exitCode).toBe(65);
  expect(text).toContain(`DATA/${name} is damaged (${why}); nothing was changed`);
  expect(text).toContain(remedy);
  expect(text).not.toContain("backup");
  expect((await box.garza("doctor")).stdout).not.toContain("backup restore");
  rmSync(join(box.data, name));
  expect((await box.garza("run", "t/quick")).exitCode).toBe(0);
});

test("what is no socket stays where the control socket belongs: 78, and a run does without", async () => {
  await using box = await used();
  const socket = join(box.data, "agent.sock");
  for (const make of [
    writeNothing,
    (path: string) => mkdirSync(path),
    (path: string) => symlinkSync("/etc/hostname", path),
  ]) {
    make(socket);
    const agent = await box.garza("agent");
    expect(agent).toMatchObject({ exitCode: 78, stderr: expect.stringContaining("something that is no socket") });
    expect((await box.garza("run", "t/quick")).exitCode).toBe(0);
    rmSync(socket, { recursive: true });
  }
  expect((await stop(await startAgent(box))).exitCode).toBe(0);
});

test("what can be made anew is made anew", async () => {
  await using box = await used();
  writeFileSync(join(box.data, "agent.json"), '{"pid');
  writeFileSync(join(box.data, "garza.seal"), '{"size": "x"');
  writeNothing(join(box.data, "garza.reserve"));
  for (const name of ["output", "run"]) rmSync(join(box.data, name), { recursive: true });
  const agent = await startAgent(box);
  expect((await submit(box, "t/quick")).status).toBe(201);
  await agent.says("ended: success");
  expect((await stop(agent)).exitCode).toBe(0);
  expect(await lines(box, "said")).toEqual(["x", "x", "x"]);
});

test("a file where the output belongs fails the step with its name, and is no bug", async () => {
  await using box = await used();
  rmSync(join(box.data, "output"), { recursive: true });
  writeNothing(join(box.data, "output"));
  const { exitCode, stderr } = await box.garza("run", "t/quick");
  expect({ exitCode, isNamed: stderr.includes(join(box.data, "output")) }).toEqual({ exitCode: 1, isNamed: true });
  expect(stderr).not.toContain("a bug in garza");
});
