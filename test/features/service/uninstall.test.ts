/** What was put on a machine is taken away again: by its owner, and by root for a service of the system. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compileNewer, newerCommit } from "../../support/newer-program.ts";
import { canBoot, privateSystemd } from "../../support/private-systemd.ts";
import { compiledProgram, type Ended, sandbox } from "../../support/sandbox.ts";

const slow = `operation: { name: slow, type: maintain, description: Waits }
steps: [{ type: command, name: wait, command: "touch ../begun; until test -e ../go; do sleep 0.05; done" }]
`;

test.skipIf(!canBoot)(
  "from the first command to the last the machine is as it was, for a user and for root",
  async () => {
    await using box = await sandbox();
    const home = box.env.HOME ?? "";
    await box.run("sh", "-ec", `mkdir "$HOME/demo" "$HOME/bin"; cp '${compiledProgram()}' "$HOME/bin/garza"`);
    await compileNewer(join(home, "newer"));
    await box.run("sh", "-c", 'chown -R 1000:1000 "$HOME"');
    await using world = await privateSystemd(box);
    const garza = "/home/ada/bin/garza";
    const ada = (...words: string[]) => world.asAda(garza, ...words);
    const root = (...words: string[]) => world.asRoot(garza, "--root", "/home/ada/demo", ...words);
    const all = async () =>
      (await world.asRoot("find", ..."/home /etc /var /root /opt /run/user ( -path /home/ada/demo -o -path /etc/systemd/*.target.wants -o -path /run/user/*/systemd* ) -prune -o -printf %p·%u·%m\\n".split(" "))).stdout.split("\n").sort(); // biome-ignore format: a command line
    const before = await all();
    expect(before).toContain("/home/ada/bin/garza·ada·755");
    const commitOf = async (done: Promise<Ended>) => JSON.parse((await done).stdout).commit;
    const commit = await commitOf(ada("version", "--json"));

    expect((await world.asAda("sh", "-c", `git init -q . && cd .. && ${garza} init demo`)).exitCode).toBe(0);
    const inClone = async () => (await world.asAda("sh", "-c", "find .; cat .git/config")).stdout.split("\n");
    // What the repository itself keeps of its operations stays.
    const inCloneBefore = [...(await inClone()), "./infra/state/operations.json"];
    const left = async () => (await inClone()).filter((line) => !inCloneBefore.includes(line));
    expect((await ada("agent", "install", "--user")).exitCode).toBe(0);
    expect((await ada("run", "demo/hello", "name=Ada")).exitCode).toBe(0);
    expect((await ada("agent", "upgrade", "/home/ada/newer", "--watch", "1s")).exitCode).toBe(0);
    expect(await commitOf(ada("version", "--json"))).toBe(newerCommit);
    expect((await ada("run", "demo/hello", "name=again")).exitCode).toBe(0);
    expect(await all()).not.toEqual(before);
    const removed = await ada("uninstall", "--purge");
    expect(removed.exitCode).toBe(0);
    expect(removed.stderr.replaceAll(/demo-[0-9a-f]{8}/g, "demo-HASH").split("\n")).toEqual([
      "stopped and disabled garza@demo.service",
      "removed /home/ada/.config/systemd/user/garza@demo.service",
      "removed /home/ada/.local/state/garza/demo-HASH",
      "removed /home/ada/bin/garza.previous",
      "git merges state files of this clone as text again",
      "removed /home/ada/demo/.git/garza",
      "The program itself stays for other repositories. Without those: rm '/home/ada/bin/garza'",
      "",
    ]);
    expect(await all()).toEqual(before);
    expect(await left()).toEqual([]);

    await world.asRoot("cp", "/opt/garza", garza);
    expect(await commitOf(root("version", "--json"))).toBe(commit);
    expect((await root("agent", "install", "--system")).exitCode).toBe(0);
    // Root works as the owner, and nothing of the clone or of the data becomes root's.
    expect((await root("run", "demo/hello", "name=root")).exitCode).toBe(0);
    const added = (await root("queue", "add", "demo/hello")).stdout.trim();
    expect((await root("logs", added, "-f")).exitCode).toBe(0);
    await ada("agent", "stop");
    expect((await root("run", "demo/hello", "name=alone")).exitCode).toBe(0);
    expect((await root("agent", "upgrade", "/home/ada/newer", "--watch", "1s")).exitCode).toBe(0);
    expect(await commitOf(root("version", "--json"))).toBe(newerCommit);
    expect((await world.asRoot("find", "/home/ada", "/var/lib/garza/demo", "-user", "root")).stdout).toBe("");
    expect(await ada("uninstall")).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining("sudo garza uninstall"),
    });
    expect((await root("uninstall", "--purge")).exitCode).toBe(0);
    expect(await all()).toEqual(before);
    expect(await left()).toEqual([]);
  },
  90_000,
);

test("without --purge the data stays, and another clone's is left alone", async () => {
  await using box = await sandbox();
  expect((await box.garza("run", "demo/hello")).exitCode).toBe(0);
  const { exitCode, stderr } = await box.garza("uninstall");
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`kept ${box.data}; garza uninstall --purge removes it\n`);
  expect((await box.garza("history")).stdout).toContain("demo/hello");
  expect((await box.garza("uninstall", "--purge")).stderr).toContain(`removed ${box.data}\n`);
  expect(existsSync(box.data)).toBe(false);
  expect((await box.garza("uninstall", "--purge")).exitCode).toBe(0);

  box.env.GARZA_HOME = join(box.folder, "home");
  await box.write("../home/precious", "x");
  expect(await box.garza("uninstall", "--purge")).toMatchObject({
    exitCode: 77,
    stderr: expect.stringContaining("is no data folder of garza"),
  });
  expect(await box.read("../home/precious")).toBe("x");
});

test("it is refused while an agent or a step runs, and while operations have not ended", async () => {
  await using box = await sandbox({ files: { "operations/slow.yml": slow } });
  const agent = box.start("agent");
  await agent.says("ready");
  await box.garza("run", "slow", "--detach");
  await box.run("sh", "-c", "until test -e ../begun; do sleep 0.02; done");
  const refused = async (message: string) => {
    expect(await box.garza("uninstall", "--purge")).toMatchObject({
      exitCode: 75,
      stderr: expect.stringContaining(message),
    });
    expect(existsSync(join(box.data, "garza.db"))).toBe(true);
  };
  await refused("1 step of an operation still runs. Wait for them (garza status), or end them");
  agent.signal("SIGKILL");
  await agent.ended;
  await refused("1 step of an operation still runs");
  expect((await box.garza("agent", "stop", "--with-steps")).stderr).toBe("1 running step was ended\n");
  await refused("1 operation has not ended. Look: garza status");
  const next = box.start("agent");
  await next.says("ended: failed");
  await refused(`garza agent (process ${next.pid}) uses ${box.data}. Stop it first: garza agent stop`);
  await box.garza("agent", "stop");
  expect((await box.garza("uninstall", "--purge")).exitCode).toBe(0);
});
