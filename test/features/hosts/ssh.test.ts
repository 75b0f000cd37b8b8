import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram } from "../../support/sandbox.ts";
import { freePort, startSshd } from "../../support/sshd.ts";
import { until } from "../../support/temporary.ts";
import { at, net, onScreen, plain } from "../../support/two-machines.ts";

describe("garza ssh", () => {
  test("runs a command there with its exit code, its input, and its words as they are", async () => {
    await using _ = await net(plain);
    const { box } = _;
    expect(await box.garza("ssh", "far", "echo", "-n", "$HOME;", "echo oops >&2; exit 7")).toEqual({
      stdout: join(_.far.folder, "home"),
      stderr: "oops\n",
      exitCode: 7,
    });
    const piped = await box.run("sh", "-c", `head -c 3000000 /dev/zero | ${compiledProgram()} ssh far 'wc -c'`);
    expect(piped).toEqual({ stdout: "3000000\n", stderr: "", exitCode: 0 });
    const early = await box.run("sh", "-c", `${compiledProgram()} ssh far yes | head -n 1`);
    expect(early).toEqual({ stdout: "y\n", stderr: "", exitCode: 0 });
    expect((await box.garza("ssh", "far", "kill -TERM $$")).exitCode).toBe(143);
    const shell = await box.run("sh", "-c", `echo 'echo from a pipe; exit 6' | ${compiledProgram()} ssh far`);
    expect([shell.exitCode, shell.stdout]).toEqual([6, expect.stringContaining("from a pipe\n")]);
    const looped = `printf 'a\\nb\\n' | while read -r x; do echo $x; ${compiledProgram()} version --on far >/dev/null; done`;
    expect((await box.run("sh", "-c", looped)).stdout).toBe("a\nb\n");
  });

  test("is a terminal there, with our size and our keys, and resizes", async () => {
    await using _ = await net(plain);
    const screen = onScreen([compiledProgram(), "ssh", "far"], _.box);
    screen.write("PS1=; stty size; echo got-$((6*7))\r");
    await until(() => screen.seen().includes("got-42"));
    expect(screen.seen()).toContain("27 91");
    screen.resize(120, 40);
    // It is told there a moment later. What is typed holds no size.
    screen.write("until stty size | grep -q '^40 12[0]'; do sleep 0.05; done; stty size; cat; echo rc=$?\r");
    await until(() => screen.seen().includes("40 120"));
    // Ctrl-C is a key that goes there.
    screen.write("\u0003");
    await until(() => screen.seen().includes("^C"));
    screen.write("exit 5\r");
    expect(await screen.exited).toBe(5);
    // Enter ~ . gives up a connection that does not answer.
    const stuck = onScreen([compiledProgram(), "ssh", "far"], _.box);
    stuck.write("sleep 1000; echo st''uck\r");
    await until(() => stuck.seen().includes("sleep 1000"));
    await Bun.sleep(200);
    stuck.write("\r~.");
    expect(await stuck.exited).toBe(69);
  }, 30_000);

  test("refuses what is no host, and tells why none of its routes works", async () => {
    const gone = await freePort();
    await using _ = await net(
      (sshd) =>
        `hosts: { far: { primary: { host: 127.0.0.1, port: ${gone} }, local: false } , ok: { local: false, primary: ${at(sshd)} } }`,
    );
    const { box } = _;
    for (const hostile of [
      "-oProxyCommand=touch pwned",
      "host name",
      "[::1%25$(touch pwned)]",
      "x;touch pwned",
      "$(touch pwned).x",
    ]) {
      const { exitCode } = await box.garza("ssh", "--", hostile, "true");
      expect([hostile, exitCode]).toEqual([hostile, 78]);
    }
    expect(existsSync(join(box.root, "pwned"))).toBe(false);
    const { stderr, exitCode } = await box.garza("ssh", "far", "true");
    expect(exitCode).toBe(69);
    expect(stderr).toBe(
      [
        "garza: host far can't be reached: its only route fails",
        `  primary, 127.0.0.1:${gone}: connection refused`,
        "  Look at all of its routes: garza ssh test far\n",
      ].join("\n"),
    );
    expect((await box.garza("ssh", "fra", "true")).stderr).toContain("Nearest: far");
  });

  test("says that nobody can tell when the connection is cut in a command", async () => {
    await using _ = await net(plain);
    const running = _.box.start("ssh", "far", "echo begun; sleep 30");
    await running.says("begun");
    _.sshd.cut();
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).toBe(7);
    expect(stderr).toContain("nobody can tell whether it was done: the connection was cut");
  });
});

describe("garza ssh test", () => {
  test("shows every route of every host with its time, or why not", async () => {
    const gone = await freePort();
    await using _ = await net(
      (sshd) =>
        `hosts:
  here: { local: true }
  far: { local: false, primary: ${at(sshd)}, fallbacks: [{ method: ssh, host: 127.0.0.1, port: ${gone} }, { method: pigeon }] }
  ill: { local: false, primary: { host: 127.0.0.1, port: ${sshd.port}, user: ${sshd.user}, test_command: "echo no disk >&2; exit 9" } }
`,
    );
    const { stdout, exitCode } = await _.box.garza("ssh", "test");
    expect(exitCode).toBe(69);
    const lines = stdout
      .replace(/\d+(\.\d+)? m?s/g, "TIME")
      .replaceAll(/ +/g, " ")
      .split("\n");
    expect(lines).toEqual([
      "here this machine",
      `far ok primary, ${_.sshd.user}@127.0.0.1:${_.sshd.port} TIME`,
      ` FAIL fallback 1 (${_.sshd.user}@127.0.0.1:${gone}), ${_.sshd.user}@127.0.0.1:${gone} TIME connection refused`,
      " FAIL fallback 2 (pigeon) this version does not know that method (ssh, jump, command, mcp, script)",
      `ill FAIL primary, ${_.sshd.user}@127.0.0.1:${_.sshd.port} TIME it lets us in, and its test command ended with 9: no disk`,
      "",
      "1 of 2 hosts reached",
      "",
    ]);
    const json = await _.box.garza("ssh", "test", "far", "--json");
    expect(json.exitCode).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject([
      {
        host: "far",
        reachable: true,
        routes: [{ route: "primary", ok: true, why: null }, { ok: false }, { ok: false }],
      },
    ]);
  });
});

describe("garza ssh trust", () => {
  test("an unknown key is refused with what to type, and that is all it takes", async () => {
    await using _ = await net(plain, { trusted: false });
    const { box, sshd, home } = _;
    const refused = await box.garza("ssh", "far", "true");
    expect(refused.exitCode).toBe(77);
    expect(refused.stderr).toContain(`garza ssh trust far --fingerprint ${sshd.fingerprint}`);
    expect((await box.garza("ssh", "trust", "far")).exitCode).toBe(77);
    expect((await box.garza("ssh", "trust", "far", "--fingerprint", `SHA256:${"A".repeat(43)}`)).stderr).toContain(
      "shows no key",
    );
    expect(existsSync(home.knownHosts)).toBe(false);
    const asked = onScreen([compiledProgram(), "ssh", "trust", "far"], box);
    await until(() => asked.seen().includes("[y/N]"));
    expect(asked.seen()).toContain(sshd.fingerprint);
    asked.write("n\r");
    expect(await asked.exited).toBe(77);
    const trusted = await box.garza("ssh", "trust", "far", "--fingerprint", sshd.fingerprint);
    expect([trusted.exitCode, trusted.stderr]).toEqual([0, expect.stringContaining("is known now in")]);
    expect((await box.garza("ssh", "far", "echo in")).stdout).toBe("in\n");
    // OpenSSH reads it, too.
    const found = await box.run("ssh-keygen", "-F", `[127.0.0.1]:${sshd.port}`, "-f", home.knownHosts);
    expect(found.stdout).toContain(sshd.hostKey);
    // Set up anew: a stop, until somebody says so.
    await using other = await startSshd({ accepts: home });
    const lines = readFileSync(home.knownHosts, "utf8").replaceAll(String(sshd.port), String(other.port));
    await Bun.write(home.knownHosts, `# mine\n${lines}`);
    await box.write(
      "infra/hosts.yml",
      `hosts: { far: { local: false, primary: ${at(other)} } }\nssh_config: { strict_host_key_checking: accept_new }`,
    );
    const changed = await box.garza("ssh", "far", "true");
    expect([changed.exitCode, changed.stderr]).toEqual([77, expect.stringContaining("another key than before")]);
    expect((await box.garza("ssh", "trust", "far", "--fingerprint", other.fingerprint)).exitCode).toBe(0);
    expect((await box.garza("ssh", "far", "echo in")).stdout).toBe("in\n");
    expect(readFileSync(home.knownHosts, "utf8").split("\n")).toEqual([
      "# mine",
      `[127.0.0.1]:${other.port} ${other.hostKey}`,
      "",
    ]);
  });
});

describe("garza ssh recover", () => {
  test("runs recovery/ssh-lost for a host of the inventory", async () => {
    await using _ = await net(plain);
    const { stdout, stderr, exitCode } = await _.box.garza("ssh", "recover", "far", "--dry-run");
    expect([exitCode, `${stdout}${stderr}`]).toEqual([0, expect.stringContaining("host-far")]);
    expect((await _.box.garza("ssh", "recover", "nowhere")).exitCode).toBe(78);
  });
});
