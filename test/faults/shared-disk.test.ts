/** Locks and state in git where a disk is full: at the remote, and in the clone. */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { person } from "../support/repositories.ts";
import { type Box, canMount, faultyBox, runBehind, type SmallDisk, smallDisk } from "./rig.ts";

const files = {
  "operations/t/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { to: "1" }
steps:
  - { type: lock, name: lock, resource: web }
  - { type: state_update, name: set, file: deployments.json, updates: { ".web": "\${to}" } }
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

/** A remote, or a part of the clone, on a disk of its own. */
async function onSmallDisk(box: Box, place: string, remote: string): Promise<SmallDisk> {
  const disk = await smallDisk(box, 8, place);
  await git(box, disk, "init", "-q", "--bare", "-b", "main", remote);
  await git(box, disk, "remote", "add", "origin", remote);
  await git(box, disk, "push", "-q", "-u", "origin", "main");
  return disk;
}

const set = (box: Box, { inside }: SmallDisk, to: string) => runBehind(box, inside, "run", "t/set", `to=${to}`);
const published = (box: Box, disk: SmallDisk, remote: string) =>
  git(box, disk, "--git-dir", remote, "show", "main:infra/state/deployments.json");

test.skipIf(!canMount)(
  "a remote that has no space left takes no lock, says why, and goes on when there is some",
  async () => {
    await using box = await faultyBox({ files });
    const place = join(box.folder, "small");
    const remote = join(place, "remote.git");
    const disk = await onSmallDisk(box, place, remote);
    expect((await set(box, disk, "1")).exitCode).toBe(0);
    disk.fill("filler");
    const refused = await set(box, disk, "2");
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/the remote origin .*(No space left|unpack|unable to)/),
    ]);
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

test.skipIf(!canMount)(
  "a clone that has no space left takes no lock, says why, and goes on when there is some",
  async () => {
    await using box = await faultyBox({ files });
    const remote = join(box.folder, "remote.git");
    const disk = await onSmallDisk(box, join(box.root, ".git", "garza"), remote);
    expect((await set(box, disk, "1")).exitCode).toBe(0);
    disk.fill("filler");
    const refused = await set(box, disk, "2");
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/garza\/store\.git: .*(couldn't write|No space left)/),
    ]);
    expect(await published(box, disk, remote)).toBe('{"web": "1"}');
    rmSync(disk.at("filler"));
    expect((await set(box, disk, "3")).exitCode).toBe(0);
    expect([await published(box, disk, remote), await git(box, disk, "status", "--porcelain")]).toEqual([
      '{"web": "3"}',
      "",
    ]);
  },
);
