/** What was put on a machine is taken away again: by its owner, and by root for a service of the system. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { canBoot, privateSystemd } from "../../support/private-systemd.ts";
import { sandbox } from "../../support/sandbox.ts";

const slow = `operation: { name: slow, type: maintain, description: Waits }
steps: [{ type: command, name: wait, command: "touch ../begun; until test -e ../go; do sleep 0.05; done" }]
`;

test.skipIf(!canBoot)(
  "from the first command to the last the machine is as it was, for a user and for root",
  async () => {
    await using box = await sandbox();
    await box.run("sh", "-c", 'mkdir "$HOME/demo" && chown -R 1000:1000 "$HOME"');
    await using world = await privateSystemd(box);
    const ada = (...words: string[]) => world.asAda("/opt/garza", ...words);
    const root = (...words: string[]) => world.asRoot("/opt/garza", "--root", "/home/ada/demo", ...words);
    await world.asAda(
      "sh",
      "-c",
      "git init -q -b main . && git config user.name Ada && git config user.email ada@example.org",
    );
    expect((await ada("init")).exitCode).toBe(0);
    await world.asAda("sh", "-c", "git add -A && git commit -q -m Start");
    const all = async () => (await world.asRoot("sh", "-c", "find /home /etc /var /root /opt /run/user -path '/etc/systemd/*.target.wants' -prune -o -not -path '/run/user/*/systemd*' -not -path '*/.git/*' -printf '%p %u %m\\n' | sort; cat /home/ada/demo/.git/config")).stdout; // biome-ignore format: a script
    const before = await all();
    expect(before).toContain("/home/ada/demo/garza.yml ada");

    expect((await ada("agent", "install", "--user")).exitCode).toBe(0);
    expect((await ada("run", "demo/hello", "name=Ada")).exitCode).toBe(0);
    expect(await all()).not.toBe(before);
    const removed = await ada("uninstall", "--purge");
    expect(removed.exitCode).toBe(0);
    expect(removed.stderr.replaceAll(/demo-[0-9a-f]{8}/g, "demo-HASH").split("\n")).toEqual([
      "stopped and disabled garza@demo.service",
      "removed /home/ada/.config/systemd/user/garza@demo.service",
      "removed /home/ada/.local/state/garza/demo-HASH",
      "git merges state files of this clone as text again",
      "removed /home/ada/demo/.git/garza",
      "The program itself stays for other repositories. Without those: rm '/opt/garza'",
      "",
    ]);
    // Folders that any program may have made, and what the repository itself keeps of its operations.
    const kept = /^\/home\/ada\/(\.config|\.local|\.local\/state|demo\/infra\/state\/operations\.json) ada/;
    const left = (text: string) =>
      text.split("\n").filter((line) => !before.split("\n").includes(line) && !kept.test(line));
    expect(left(await all())).toEqual([]);

    expect((await root("agent", "install")).exitCode).toBe(0);
    // Root works as the owner, and nothing of the clone or of the data becomes root's.
    expect((await root("run", "demo/hello", "name=root")).exitCode).toBe(0);
    const added = (await root("queue", "add", "demo/hello")).stdout.trim();
    expect((await root("logs", added, "-f")).exitCode).toBe(0);
    await ada("agent", "stop");
    expect((await root("run", "demo/hello", "name=alone")).exitCode).toBe(0);
    expect((await world.asRoot("sh", "-c", "find /home/ada /var/lib/garza/demo -user root")).stdout).toBe("");
    expect(await ada("uninstall")).toMatchObject({
      exitCode: 77,
      stderr: expect.stringContaining("sudo garza uninstall"),
    });
    expect((await root("uninstall", "--purge")).exitCode).toBe(0);
    expect(left(await all())).toEqual([]);
  },
  60_000,
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
