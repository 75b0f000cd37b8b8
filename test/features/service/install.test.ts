/** Installing where the service manager is not there, refuses, or lets a user linger; with programs that record their calls. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { canMount } from "../../faults/rig.ts";
import { compiledProgram, sandbox } from "../../support/sandbox.ts";

const linger = `case "$1" in show-user) echo no ;; esac`;

test("a user that may linger does, and no longer when the service is taken away", async () => {
  await using box = await sandbox({ programs: { systemctl: "", loginctl: linger } });
  const installed = await box.garza("agent", "install", "--user", "--name", "ops");
  expect(installed.exitCode).toBe(0);
  expect(installed.stderr).toContain("lingers now: the agent runs from boot on, whoever is logged in");
  expect(await box.calls("systemctl")).toEqual([
    ["--version"],
    ["--user", "daemon-reload"],
    ["--user", "enable", "garza@ops.service"],
    ["--user", "restart", "garza@ops.service"],
  ]);
  const unit = join(box.folder, "home/.config/systemd/user/garza@ops.service");
  expect(existsSync(unit)).toBe(true);

  const again = await box.garza("agent", "install", "--user", "--name", "ops");
  expect(again.stderr).toContain(`kept ${box.data}/agent.env as it is`);
  expect(await box.garza("agent", "install", "--user", "--name", "other")).toMatchObject({
    exitCode: 75,
    stderr: expect.stringContaining("this repository has a service already: garza@ops.service (user)"),
  });

  const removed = await box.garza("agent", "uninstall");
  expect(removed.stderr).toContain("lingers no more");
  expect(existsSync(unit)).toBe(false);
  expect((await box.calls("loginctl")).map(([word]) => word)).toEqual(["show-user", "enable-linger", "show-user", "enable-linger", "disable-linger"]); // biome-ignore format: a list
});

test("without a service manager nothing is written, and it is said what to do instead", async () => {
  await using box = await sandbox({ git: false, env: { PATH: "/nonexistent" } });
  const { exitCode, stderr } = await box.garza("agent", "install", "--user");
  expect(exitCode).toBe(78);
  expect(stderr).toBe(
    "garza: systemctl: is not on PATH, so this machine has no service manager that garza knows\n" +
      "  Let whatever starts programs here start this, and send it SIGTERM to end it: garza agent\n",
  );
  expect([existsSync(box.data), existsSync(join(box.folder, "home/.config"))]).toEqual([false, false]);
});

test("a service manager that can't be reached is named with the way to it", async () => {
  const absent = `case "$*" in --version) ;; *) echo 'Failed to connect to bus: No medium found' >&2; exit 1 ;; esac`;
  await using box = await sandbox({ programs: { systemctl: absent } });
  const { exitCode, stderr } = await box.garza("agent", "install", "--user");
  expect(exitCode).toBe(74);
  expect(stderr).toContain("systemctl --user daemon-reload: Failed to connect to bus: No medium found");
  expect(stderr).toContain("Log in as this user");
});

test.skipIf(!canMount)("on a full disk all is written or nothing, however much there is room for", async () => {
  await using box = await sandbox({ programs: { systemctl: "", loginctl: linger } });
  // So many pages are left; each file and each folder's first entry takes some.
  const script = `
    mkdir ../small && mount -t tmpfs -o size=1m tmpfs ../small || exit 99
    for free in 0 1 2 3 4 5; do
      dd if=/dev/zero of=../small/fill bs=4096 2>/dev/null
      truncate -s $(((255 - free) * 4096)) ../small/fill
      HOME=$(cd ../small && pwd) GARZA_HOME= '${compiledProgram()}' agent install --user --name ops >said 2>&1
      echo $? $(ls -A ../small) $(grep -c "room\\|no space left\\|lingers now" said)
      grep -h "logs out" said
      [ ! -e ../small/.config ] || HOME=$(cd ../small && pwd) GARZA_HOME= '${compiledProgram()}' uninstall --purge >/dev/null 2>&1 || exit 98
    done`;
  const { exitCode, stdout } = await box.run("unshare", "--mount", "sh", "-c", script);
  expect(exitCode).toBe(0);
  const lines = stdout.trim().split("\n");
  expect(lines).toContain("73 fill 1");
  expect(lines.at(-1)).toBe("0 .config .local fill 1");
  expect(lines.filter((line) => !/^(73 fill 1|0 \.config \.local fill 1)$/.test(line))).toEqual([
    expect.stringMatching(/^the agent ends when \S+ logs out \(no space left at \S+lingers/),
  ]);
});

test("where another agent has the data folder no service is put beside it", async () => {
  await using box = await sandbox({ programs: { systemctl: "", loginctl: "" } });
  const agent = box.start("agent");
  await agent.says("ready");
  const refused = await box.garza("agent", "install", "--user");
  expect(refused.exitCode).toBe(75);
  expect(refused.stderr).toBe(
    `garza: garza agent (process ${agent.pid}) uses ${box.data}. Let it end, or stop it first: garza agent stop\n`,
  );
  expect(existsSync(join(box.folder, "home/.config"))).toBe(false);
});

test("where the temporary folder can't be written that is said, and not taken for a bug", async () => {
  await using box = await sandbox({ env: { TMPDIR: "/nonexistent/folder" } });
  const { exitCode, stderr } = await box.garza("run", "demo/hello");
  expect(exitCode).toBe(4);
  expect(stderr).toContain("/nonexistent/folder");
  expect(stderr).not.toContain("bug");
});

test("what can't be meant is refused before anything is done", async () => {
  await using box = await sandbox({ programs: { systemctl: "" } });
  for (const [words, message] of [
    [["--user", "--system"], "it is either --user or --system"],
    [["--user", "--hardened"], "--hardened needs the system's manager"],
    [["--user", "--name", "a/b"], "can't be a service's name"],
    [["--usr"], "Did you mean --user"],
  ] as const) {
    const { exitCode, stderr } = await box.garza("agent", "install", ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
  expect(await box.calls("systemctl")).toEqual([]);
  for (const word of ["reload", "stop"]) {
    expect(await box.garza("agent", word)).toMatchObject({ exitCode: 69, stderr: expect.stringContaining("no agent") });
  }
  expect((await box.garza("agent", "logs")).stderr).toContain("no service runs the agent here");
});

test("variables from a file, and a log into one, where the service manager has neither", async () => {
  const show =
    "operation: { name: show, type: maintain, description: Shows }\nsteps: [{ type: command, name: show, command: 'echo $WORD > ../word' }]\n";
  await using box = await sandbox({
    files: { "operations/show.yml": show, "../agent.env": 'WORD="one two"\n1X=no\n' },
  });
  expect(await box.garza("agent", "--environment", "../none")).toMatchObject({ exitCode: 2 });
  const agent = box.start("agent", "--environment", "../agent.env", "--log", "../logs/agent.log");
  await box.run("sh", "-c", "until grep -qs ready: ../logs/agent.log; do sleep 0.02; done");
  expect((await box.garza("run", "show")).exitCode).toBe(0);
  expect(await box.read("../word")).toBe("one two\n");
  expect((await box.garza("agent", "stop")).stderr).toMatch(/^The agent \(process \d+\) has stopped\n$/);
  expect(await agent.ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await box.read("../logs/agent.log")).toContain("leaving: nothing more is begun");
});
