import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram, sandbox } from "../../support/sandbox.ts";
import { freePort } from "../../support/sshd.ts";
import { until } from "../../support/temporary.ts";
import { at, net, onScreen, plain } from "../../support/two-machines.ts";

const slow = `
operation: { name: slow, type: maintain, description: Takes its time }
steps:
  - { type: command, name: nap, command: "sleep 30" }
`;

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
    for (const words of [["./here.yml"], ["../here.yml"], ["@here.yml"], ["hello", "name=@here.txt"]])
      expect((await box.garza("run", ...words, "--on", "far")).stderr).toContain("is a file of this machine");
    expect(
      (await box.garza("run", join(far.root, "operations/hello.yml"), "name=@/etc/hostname", "--on", "far")).exitCode,
    ).toBe(0);
    expect((await box.garza("status", "--on", "nowhere")).exitCode).toBe(78);
  });

  test("is the same at a terminal, live view and Ctrl-C included; and a cut tells where to look", async () => {
    await using _ = await net(plain);
    const { box, far, sshd } = _;
    await far.write("operations/slow.yml", slow);
    const screen = onScreen([compiledProgram(), "run", "slow", "--on", "far"], box);
    await until(() => screen.seen().includes("nap"));
    screen.write("\u0003");
    expect(await screen.exited).toBe(6);
    expect(screen.seen()).toContain("slow was cancelled");

    const piped = box.start("run", "slow", "--on", "far");
    await piped.says("nap");
    sshd.cut();
    expect(await piped.ended).toMatchObject({ exitCode: 7, stderr: expect.stringContaining("garza status --on far") });
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

  test("goes by a route that takes no input as well", async () => {
    const gone = await freePort();
    await using _ = await net(
      (__, far) =>
        `hosts: { far: { local: false, primary: { host: 127.0.0.1, port: ${gone} }, fallbacks: [{ method: script, script: infra/reach.sh }], garza: { root: ${far.root}, home: ${far.data}, program: ${compiledProgram()} } } }`,
    );
    await _.box.write("infra/reach.sh", 'exec sh -c "$GARZA_COMMAND"');
    const ran = await _.box.garza("run", "hello", "--on", "far");
    expect([ran.exitCode, ran.stderr]).toEqual([0, expect.stringContaining("hello succeeded")]);
    expect((await _.box.garza("run", "nothing", "--on", "far")).exitCode).toBe(3);
    expect(existsSync(join(_.far.data, "garza.db"))).toBe(true);
  });

  test("where garza is missing there, it is said how to name it", async () => {
    await using _ = await net(
      (sshd) => `hosts: { far: { local: false, primary: ${at(sshd)}, garza: { program: /opt/none/garza } } }`,
    );
    const { stderr, exitCode } = await _.box.garza("status", "--on", "far");
    expect([exitCode, stderr]).toEqual([127, expect.stringContaining("garza: { program: /path/to/garza }")]);
  });
});

describe("garza doctor", () => {
  test("tells of routes that are none, and of trust that is given away", async () => {
    const hosts =
      "hosts: { a: { fallbacks: [{ method: pigeon }, { method: jump }] } }\nssh_config: { strict_host_key_checking: no }\n";
    await using box = await sandbox({ files: { "infra/hosts.yml": hosts } });
    const lines = (await box.garza("doctor")).stdout.split("\n").filter((line) => /^warn +hosts/.test(line));
    expect(lines.map((line) => line.replace(/^warn +hosts +/, ""))).toEqual([
      expect.stringContaining("a: fallback 1 (pigeon) is skipped"),
      "a: fallback 2 (jump) is skipped: jump needs `jump`",
      expect.stringContaining("is read as accept_new"),
    ]);
    await box.write("infra/hosts.yml", "hosts: [");
    const { stdout, exitCode } = await box.garza("doctor");
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/FAIL +hosts +infra\/hosts.yml/)]);
  });
});

describe("completion", () => {
  test("knows the hosts wherever one is taken", async () => {
    await using _ = await net(plain);
    const words = async (...typed: string[]) =>
      (await _.box.garza("completion", "words", "--", ...typed)).stdout.split("\n");
    expect(await words("ssh", "")).toEqual(expect.arrayContaining(["far", expect.stringContaining("trust")]));
    for (const typed of [
      ["ssh", "test", "f"],
      ["ssh", "trust", "f"],
      ["ssh", "recover", "f"],
      ["status", "--on", "f"],
      ["--on", "far", "queue", "list", "--on=f"],
    ])
      expect([typed, await words(...typed)]).toEqual([typed, [expect.stringMatching(/^(--on=)?far$/), ""]]);
    expect(await words("status", "--on", "a")).toEqual(["all", ""]);
    expect(await words("history", "--on", "a")).toEqual([""]);
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

  test("ends when nobody reads it any more, though more is to come", async () => {
    await using box = await sandbox();
    const agent = box.start("agent");
    await agent.says("ready");
    const request = "GET /v1/openapi.json HTTP/1.1\\r\\nHost: garza\\r\\n\\r\\n";
    // More than a pipe holds; its standard input stays open.
    const requests = `for each in 1 2 3 4 5 6 7 8 9 10; do printf '${request}'; done; exec tail -f --pid=$$ /dev/null`;
    const script = `{ ${requests}; } | { ${compiledProgram()} connect; echo ended >&2; kill $$; } | head -c 10`;
    expect((await box.run("sh", "-c", script)).stderr).toContain("ended");
  });
});
