import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { compiledProgram, type Sandbox, sandbox } from "../../support/sandbox.ts";
import { freePort, type Sshd, type SshHome, sshHome, startSshd } from "../../support/sshd.ts";
import { until } from "../../support/temporary.ts";

const at = ({ port, user }: Pick<Sshd, "port" | "user">) => `{ host: 127.0.0.1, port: ${port}, user: ${user} }`;

type Net = AsyncDisposable & { box: Sandbox; far: Sandbox; sshd: Sshd; home: SshHome };

/** This machine, and one more where garza is as well. */
async function net(hosts: (sshd: Sshd, far: Sandbox) => string, { trusted = true } = {}): Promise<Net> {
  const home = sshHome();
  const far = await sandbox({ files: { "operations/hello.yml": hello } });
  await mkdir(join(far.folder, "bin"), { recursive: true });
  symlinkSync(compiledProgram(), join(far.folder, "bin/garza"));
  const env = { PATH: far.env.PATH ?? "", HOME: join(far.folder, "home"), GARZA_HOME: far.data };
  const sshd = await startSshd({ accepts: home, env });
  if (trusted) home.trust(sshd);
  const box = await sandbox({
    files: { "infra/hosts.yml": hosts(sshd, far) },
    env: { HOME: home.folder, SSH_AUTH_SOCK: "" },
  });
  return {
    box,
    far,
    sshd,
    home,
    async [Symbol.asyncDispose]() {
      await box[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
      await sshd[Symbol.asyncDispose]();
      home[Symbol.dispose]();
    },
  };
}

const hello = `
operation: { name: hello, type: maintain, description: Says hello }
parameters:
  name: { type: string, default: you }
steps:
  - { type: command, name: greet, command: "echo hello \${name}" }
`;

const plain = (sshd: Sshd, far: Sandbox) =>
  `hosts: { far: { local: false, primary: ${at(sshd)}, garza: { root: ${far.root} } } }\n`;

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
  });

  test("is a terminal there, with our size and our keys, and resizes", async () => {
    await using _ = await net(plain);
    const { box } = _;
    let seen = "";
    const child = Bun.spawn([compiledProgram(), "ssh", "far"], {
      cwd: box.root,
      env: { ...box.env, TERM: "xterm" },
      terminal: {
        cols: 91,
        rows: 27,
        data(_terminal, chunk) {
          seen += Buffer.from(chunk).toString();
        },
      },
    });
    const { terminal } = child;
    if (!terminal) throw new Error("no terminal");
    terminal.write("PS1=; stty size; echo got-$((6*7))\r");
    await until(() => seen.includes("got-42"));
    expect(seen).toContain("27 91");
    terminal.resize(120, 40);
    await Bun.sleep(200);
    terminal.write("stty size; cat; echo rc=$?\r");
    await until(() => seen.includes("40 120"));
    // Ctrl-C is a key that goes there.
    terminal.write("\u0003");
    await until(() => seen.includes("^C"));
    terminal.write("exit 5\r");
    expect(await child.exited).toBe(5);
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

describe("--on", () => {
  test("does it on another host: its operations, its exit codes, its JSON", async () => {
    await using _ = await net(plain);
    const { box, far } = _;
    const ran = await box.garza("run", "hello", 'name=it\'s ~ "$HOME" `x`', "--on", "far");
    expect([ran.exitCode, ran.stderr]).toEqual([0, expect.stringContaining("hello succeeded")]);
    expect(existsSync(join(box.data, "garza.db"))).toBe(false);
    const id = /op_\w+/.exec(ran.stderr)?.[0] ?? "";
    const logs = await box.garza("logs", id, "--on", "far");
    expect(logs.stdout).toContain('hello it\'s ~ "$HOME" `x`');
    const history = await box.garza("--on", "far", "history", "--json");
    expect(history.stdout).toBe((await far.garza("history", "--json")).stdout);
    expect((await box.garza("run", "nothing", "--on=far")).exitCode).toBe(3);
    expect((await box.garza("init", "--on", "far")).exitCode).toBe(2);
    expect((await box.garza("status", "--on", "nowhere")).exitCode).toBe(78);
  });

  test("an agent there runs it, and its queue is seen from here", async () => {
    await using _ = await net(plain);
    const { box, far } = _;
    const agent = far.start("agent");
    await agent.says(/serving|ready|agent/i);
    const added = await box.garza("queue", "add", "hello", "--on", "far", "--json");
    expect(added.exitCode).toBe(0);
    expect((await box.garza("queue", "stats", "--on", "far", "--json")).stdout).toContain('"workers"');
    const all = await box.garza("status", "--on", "all");
    expect(all.stdout).toMatch(/^HOST +AGENT +RUNNING +QUEUED +ATTENTION +LAST\nfar +runs /);
  });

  test("status --on all asks every host, and one that is gone holds up no other", async () => {
    const gone = await freePort();
    await using _ = await net(
      (sshd, far) =>
        `${plain(sshd, far).trim().slice(0, -1)}, lost: { local: false, primary: { host: 127.0.0.1, port: ${gone} } }, here: { local: true } }`,
    );
    const { stdout, exitCode } = await _.box.garza("status", "--on", "all");
    expect(exitCode).toBe(69);
    const lines = stdout.replaceAll(/ +/g, " ").trim().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["HOST", "far", "lost", "here"]);
    expect(lines[2]).toContain("lost FAIL host lost can't be reached");
    const json = JSON.parse((await _.box.garza("status", "--on", "all", "--json")).stdout);
    expect(json).toMatchObject([
      { host: "far", status: { queued_count: 0 } },
      { host: "lost" },
      { host: "here", local: true },
    ]);
  });

  test("where garza is missing there, it is said how to name it", async () => {
    await using _ = await net(
      (sshd) => `hosts: { far: { local: false, primary: ${at(sshd)}, garza: { program: /opt/none/garza } } }`,
    );
    const { stderr, exitCode } = await _.box.garza("status", "--on", "far");
    expect([exitCode, stderr]).toEqual([127, expect.stringContaining("garza: { program: /path/to/garza }")]);
  });
});

describe("garza connect", () => {
  test("is the agent's socket on standard input and output; without one it ends with 69", async () => {
    await using box = await sandbox();
    const none = await box.garza("connect");
    expect([none.exitCode, none.stdout]).toEqual([69, ""]);
    const agent = box.start("agent");
    await agent.says(/./);
    await until(() => existsSync(join(box.data, "agent.sock")));
    const request = "GET /v1/agent HTTP/1.1\\r\\nHost: garza\\r\\nConnection: close\\r\\n\\r\\n";
    const { stdout, exitCode } = await box.run("sh", "-c", `printf '${request}' | ${compiledProgram()} connect`);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^HTTP\/1.1 200[\s\S]*"pid"/)]);
  });
});
