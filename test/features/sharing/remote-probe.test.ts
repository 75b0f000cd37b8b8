/** What a person is told of their remote before anything relies on it. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sandbox } from "../../support/sandbox.ts";
import { machines } from "../../support/shared-sandboxes.ts";

test("init and doctor tell whether the remote takes locks, and what to do", async () => {
  await using box = await sandbox({ files: {} });
  const remote = join(box.folder, "remote.git");
  await box.run("git", "init", "-q", "--bare", remote);
  await box.run("git", "init", "-q");
  const doctor = async () => (await box.garza("doctor")).stdout;
  expect(await doctor()).not.toMatch(/^ok +remote /m);
  await box.run("git", "remote", "add", "origin", remote);
  expect((await box.garza("init")).stderr).toContain("takes locks, and state together with them\n");
  expect(await doctor()).toMatch(/^ok +remote .*takes locks, and state/m);
  await box.run("git", "-C", remote, "config", "receive.advertiseAtomic", "false");
  expect(await doctor()).toMatch(/^warn +remote .*no state that a lock guards.*\n +-> .*receive.advertiseAtomic true/m);
  const hook = (lines: string) => writeFileSync(join(remote, "hooks/update"), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  hook("exit 1");
  expect(await doctor()).toMatch(/^FAIL +remote .*refuses refs\/garza\/.*hook declined\n +-> Let its rules/m);
  await box.run("git", "-C", remote, "config", "receive.advertiseAtomic", "true");
  hook('case "$1" in refs/heads/*) exit 0;; esac; exit 1');
  expect(await doctor()).toMatch(
    /^FAIL +remote .*refuses refs\/garza\/.*\n +-> Branches it takes: set locks: \{refs:/m,
  );
  await box.write("garza.yml", "locks: {refs: branches}\n");
  expect(await doctor()).toMatch(/^ok +remote .*together with them, as branches garza-locks/m);
  expect((await box.garza("lock", "acquire", "db")).stderr).toContain("is yours against all machines");
  expect((await box.run("git", "-C", remote, "for-each-ref", "--format=%(refname)")).stdout).toBe(
    "refs/heads/garza-locks/db\n",
  );
  await box.run("git", "-C", remote, "update-ref", "-d", "refs/heads/garza-locks/db");
  await box.run("git", "remote", "set-url", "origin", "http://127.0.0.1:1/x.git");
  expect(await doctor()).toMatch(/^warn +remote .*can't be reached now/m);
  expect((await box.run("git", "-C", remote, "for-each-ref")).stdout).toBe("");
});

test("init writes what it found into new settings: branches for locks, and lock files of another tool", async () => {
  const text = "operator: bob\ntimestamp: 2026-01-02T03:04:05Z\noperation: deploy\n";
  await using at = await machines(1, { files: { "infra/state/locks/web.lock": text }, git: true });
  const [box] = at.all;
  if (!box) throw new Error("no machine");
  const hook = '#!/bin/sh\ncase "$1" in refs/heads/*) exit 0;; esac; exit 1\n';
  writeFileSync(join(at.remote, "hooks/update"), hook, { mode: 0o755 });
  const made = await box.garza("init");
  expect(made.stderr).toMatch(/^set {5}locks\.refs: branches in garza\.yml, as origin refuses refs\/garza\/…$/m);
  expect(made.stderr).toMatch(
    /^set {5}locks\.legacy: honor in garza\.yml, as infra\/state\/locks\/web\.lock is tracked/m,
  );
  expect(made.stderr).not.toContain("->");
  const taken = await box.garza("lock", "acquire", "web");
  expect([taken.exitCode, taken.stderr]).toEqual([
    5,
    "garza: lock web is held by bob since 2026-01-02T03:04:05.000Z, by another tool: infra/state/locks/web.lock is in the shared branch. Wait for it, or look: garza lock show web\n",
  ]);
  expect((await box.garza("lock", "list")).stdout).toMatch(/^web {2}by file {2}bob \(deploy\) /);
  const shown = await box.garza("lock", "show", "web");
  expect(shown.stdout).toContain("\n  file        infra/state/locks/web.lock in the shared branch, of another tool\n");
  const freed = await box.garza("lock", "release", "web", "--force", "--yes");
  expect([freed.exitCode, freed.stdout]).toEqual([0, "lock web is free\n"]);
  expect(await at.shared("ls-tree", "-r", "--name-only", "main", "infra/state/locks/")).toBe("");
  expect((await box.garza("lock", "acquire", "web")).exitCode).toBe(0);
  const again = await box.garza("init");
  expect(again.stderr).toMatch(/^to set {2}locks\.legacy: honor in garza\.yml, as /m);
});
