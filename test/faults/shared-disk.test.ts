/** Locks and state in git where a disk is full: at the remote, and in the clone. */
import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { person } from "../support/repositories.ts";
import { type Box, canMount, faultyBox, runBehind, type SmallDisk, smallDisk, startBehind } from "./rig.ts";

const files = {
  "operations/t/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { to: "1" }
steps:
  - { type: lock, name: lock, resource: web }
  - { type: state_update, name: set, file: deployments.json, updates: { ".web": "\${to}" } }
  - { type: unlock, name: unlock, resource: web }
`,
  "operations/t/held.yml": `operation: { name: held, type: maintain, description: A test }
parameters: { to: "1" }
steps:
  - { type: lock, name: lock, resource: web }
  - { type: state_update, name: set, file: deployments.json, updates: { ".web": "\${to}" } }
  - { type: command, name: wait, command: "while ! test -e go; do sleep 0.05; done" }
  - { type: unlock, name: unlock, resource: web }
`,
  "infra/state/deployments.json": '{"web": "0"}\n',
};

const git = async (box: Box, { inside }: SmallDisk, ...args: string[]) => {
  const set = Object.entries(person).map(([name, value]) => `${name}=${value}`);
  const { exitCode, stdout, stderr } = await box.spawn(...inside, "env", ...set, "git", ...args).ended;
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
};

/** The remote's folder, or a part of this machine's, on a disk of its own. */
async function onSmallDisk(box: Box, place: string): Promise<{ disk: SmallDisk; remote: string }> {
  const remote = join(place === smallRemote(box) ? place : box.folder, "remote.git");
  const disk = await smallDisk(box, place === box.data ? 64 : 8, place);
  await git(box, disk, "init", "-q", "--bare", "-b", "main", remote);
  await git(box, disk, "remote", "add", "origin", remote);
  await git(box, disk, "push", "-q", "-u", "origin", "main");
  return { disk, remote };
}

const set = (box: Box, { inside }: SmallDisk, to: string) => runBehind(box, inside, "run", "t/set", `to=${to}`);
const published = (box: Box, disk: SmallDisk, remote: string) =>
  git(box, disk, "--git-dir", remote, "show", "main:infra/state/deployments.json");

const smallRemote = (box: Box) => join(box.folder, "small");
const smallStore = (box: Box) => join(box.root, ".git", "garza");

test.skipIf(!canMount).each([
  ["a remote", smallRemote, /the remote origin .*(No space left|unpack|unable to)/],
  ["a clone", smallStore, /garza\/store\.git: .*(couldn't write|No space left)/],
] as const)(
  "%s that has no space left takes no lock, says why, and goes on when there is some",
  async (_, placeOf, says) => {
    await using box = await faultyBox({ files });
    const { disk, remote } = await onSmallDisk(box, placeOf(box));
    expect((await set(box, disk, "1")).exitCode).toBe(0);
    disk.fill("filler");
    const refused = await set(box, disk, "2");
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(says)]);
    expect(await published(box, disk, remote)).toBe('{"web": "1"}');
    rmSync(disk.at("filler"));
    expect((await set(box, disk, "3")).exitCode).toBe(0);
    expect([await published(box, disk, remote), await git(box, disk, "status", "--porcelain")]).toEqual([
      '{"web": "3"}',
      "",
    ]);
    expect(
      await git(box, disk, "--git-dir", remote, "fsck", "--connectivity-only", "--no-dangling", "--no-progress"),
    ).toBe("");
  },
);

/** `isOwed`: it can't be given to the others now. For the data folder the journal keeps room. */
const places: [what: string, place: (box: Box) => string, says: RegExp, isOwed: boolean][] = [
  ["the remote", smallRemote, /owed to other machines.* the remote origin .*No space left on device/, true],
  ["the clone", smallStore, /owed to other machines.*No space left on device/, true],
  ["the data folder", (box) => box.data, /no space left at .*what runs is recorded, nothing more is begun/, false],
];

test.skipIf(!canMount).each(places)(
  "where %s fills up while a lock is held, what was done is kept, and the others have it when there is space",
  async (_, placeOf, says, isOwed) => {
    await using box = await faultyBox({ files });
    const { disk, remote } = await onSmallDisk(box, placeOf(box));
    expect((await set(box, disk, "1")).exitCode).toBe(0);
    const run = startBehind(box, disk.inside, "run", "t/held", "to=2");
    await run.says("▸ wait");
    expect(disk.fill("filler")).toContain("No space left on device");
    writeFileSync(join(box.root, "go"), "");
    const { exitCode, stderr } = await run.ended;
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(says)]);
    expect(stderr).not.toContain("exempt this machine");
    const lockAt = () => git(box, disk, "--git-dir", remote, "log", "-1", "--format=%s", "refs/garza/locks/web");
    expect(await published(box, disk, remote)).toBe(isOwed ? '{"web": "1"}' : '{"web": "2"}');
    expect(await lockAt()).toStartWith(isOwed ? "acquire web #2.0" : "release web #2.1");

    rmSync(disk.at("filler"));
    expect(await runBehind(box, disk.inside, "queue", "process", "1", "--until-empty")).toMatchObject({ exitCode: 0 });
    expect([await published(box, disk, remote), await lockAt()]).toEqual([
      '{"web": "2"}',
      expect.stringContaining("release web #2.1"),
    ]);
    expect(await git(box, disk, "status", "--porcelain", "--untracked-files=no")).toBe("");
    expect(
      await git(box, disk, "--git-dir", remote, "fsck", "--connectivity-only", "--no-dangling", "--no-progress"),
    ).toBe("");
  },
  30_000,
);
