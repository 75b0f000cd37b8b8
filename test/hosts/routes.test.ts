import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { Connection, Connections } from "../../src/hosts/connection.ts";
import { Lost, NotSent } from "../../src/hosts/connection.ts";
import { connectionsTo, problemOf } from "../support/connections.ts";
import { startMcpServer } from "../support/mcp-server.ts";
import { freePort, type Sshd, sshHome, startSshd } from "../support/sshd.ts";
import { startProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/temporary.ts";

const signal = new AbortController().signal;
const at = ({ port, user }: Pick<Sshd, "port" | "user">) => `{ host: 127.0.0.1, port: ${port}, user: ${user} }`;

/** Nothing listens there. */
const nowhere = async () => `{ host: 127.0.0.1, port: ${await freePort()} }`;

const run = (hosts: Connections, host: string, line: string) =>
  hosts.use(host, { signal }, async (connection) => {
    const { stdout, exitCode } = await connection.exec(line);
    return { route: connection.route, said: `${stdout}`, exitCode };
  });

describe("routes", () => {
  test("a fallback takes over at once where the primary refuses; it goes first then, and is told of once", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    await using hosts = connectionsTo(
      [
        `hosts: { far: { local: false, primary: ${await nowhere()}, fallbacks: [`,
        `  { method: ssh, description: the other line, host: 127.0.0.1, port: ${sshd.port}, user: ${sshd.user} } ] } }`,
        "connection_rules: { notify_on_fallback: true }",
      ].join("\n"),
      // Whoever waited for it would wait for ever.
      { home, times: { headStartMs: 3_600_000 } },
    );
    expect(await run(hosts, "far", "echo hi")).toEqual({
      route: "fallback 1 (the other line)",
      said: "hi\n",
      exitCode: 0,
    });
    expect(hosts.said).toEqual([
      expect.stringMatching(/^far: primary failed after \d+ ms: connection refused$/),
      expect.stringMatching(/^far: reached by fallback 1 \(the other line\) in \d+ ms$/),
    ]);
    sshd.cut();
    await Bun.sleep(50);
    hosts.said.length = 0;
    expect((await run(hosts, "far", "echo hi")).route).toBe("fallback 1 (the other line)");
    expect(hosts.said).toEqual([expect.stringContaining("reached by fallback 1")]);
    expect(hosts.notes.map(({ title }) => title)).toEqual(["far is reached by a fallback"]);
  });

  test("a primary that is silent gets a head start of a second, not its whole time limit", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    await using silent = await startProxy(sshd.port);
    silent.silence();
    home.trust(sshd);
    const slept: number[] = [];
    const sleep: typeof systemClock.sleep = (ms, stop) => {
      slept.push(ms);
      return systemClock.sleep(ms, stop);
    };
    await using hosts = connectionsTo(
      `hosts: { far: { local: false, primary: ${at({ ...sshd, port: silent.port }).replace("}", ", timeout: 3600 }")}, fallbacks: [{ method: ssh, host: 127.0.0.1, port: ${sshd.port} }] } }`,
      { home, clock: { ...systemClock, sleep } },
    );
    expect((await run(hosts, "far", "true")).route).toContain("fallback 1");
    expect(slept).toContain(1_000);
  });

  test("jump hosts of any depth, of the inventory and by address, share their connections", async () => {
    using home = sshHome();
    await using inner = await startSshd({ accepts: home });
    await using middle = await startSshd({ accepts: home });
    await using outer = await startSshd({ accepts: home });
    home.trust(inner, middle, outer);
    const jump = (name: string) => `fallbacks: [{ method: jump, jump: "${name}", host: 127.0.0.1`;
    await using hosts = connectionsTo(
      [
        "hosts:",
        `  outer: { local: false, primary: ${at(outer)} }`,
        `  middle: { local: false, primary: ${await nowhere()}, ${jump("outer")}, port: ${middle.port}, user: ${middle.user} }] }`,
        `  inner: { local: false, primary: ${await nowhere()}, ${jump("middle")}, port: ${inner.port}, user: ${inner.user} }] }`,
        `  other: { local: false, primary: ${await nowhere()}, ${jump(`outer, ${middle.user}@127.0.0.1:${middle.port}`)}, port: ${inner.port}, user: ${inner.user} }] }`,
      ].join("\n"),
      { home },
    );
    expect(await run(hosts, "inner", "echo in")).toMatchObject({
      route: "fallback 1 (jump host middle)",
      said: "in\n",
    });
    expect((await run(hosts, "other", "echo in")).said).toBe("in\n");
    expect((await run(hosts, "middle", "echo mid")).said).toBe("mid\n");
    const accepted = (sshd: Sshd) => sshd.log().match(/Accepted publickey/g)?.length;
    expect([accepted(outer), accepted(inner)]).toEqual([1, 2]);
    // Many at once go by one connection.
    const many = Array.from({ length: 12 }, (_, n) => run(hosts, n % 2 === 0 ? "inner" : "other", "true"));
    expect((await Promise.all(many)).every(({ exitCode }) => exitCode === 0)).toBe(true);
    expect(accepted(outer)).toBe(1);
    // One that is gone behind it is told as such, at once.
    await inner.stop();
    await Bun.sleep(50);
    expect(JSON.stringify(await problemOf(run(hosts, "inner", "true")))).toContain("from there: ");
    await inner.start();
    // Two hosts behind a jump host that is gone, and comes back.
    await outer.stop();
    expect((await problemOf(run(hosts, "inner", "true"))).kind).toBe("host-unreachable");
    await outer.start();
    expect((await run(hosts, "inner", "echo back")).said).toBe("back\n");
  }, 60_000);

  test("hosts that are each other's jump host go in no circle", async () => {
    using home = sshHome();
    const jump = async (name: string) =>
      `{ local: false, primary: ${await nowhere()}, fallbacks: [{ method: jump, jump: ${name} }] }`;
    await using hosts = connectionsTo(
      `hosts: { a: ${await jump("b")}, b: ${await jump("a")}, c: ${await jump("c")} }`,
      { home },
    );
    const told = await Promise.all(["a", "b", "c"].map((host) => problemOf(run(hosts, host, "true"))));
    expect(told.map(({ kind }) => kind)).toEqual(["host-unreachable", "host-unreachable", "host-unreachable"]);
  });

  test("a command carries SSH, and its own words tell why it can't", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    const relay = join(import.meta.dir, "relay.ts");
    const command = (line: string) =>
      `{ local: false, primary: ${at({ ...sshd, port: 1 })}, fallbacks: [{ method: command, command: "${line}", port: ${sshd.port} }] }`;
    await using hosts = connectionsTo(
      `hosts: { good: ${command(`${process.execPath} ${relay} %h %p`)}, bad: ${command("echo no tunnel today >&2; exit 7")} }`,
      { home },
    );
    expect(await run(hosts, "good", "echo through")).toMatchObject({ said: "through\n" });
    expect(Bun.spawnSync(["pgrep", "-f", `relay.ts 127.0.0.1 ${sshd.port}`]).exitCode).toBe(0);
    await hosts.close();
    await until(() => Bun.spawnSync(["pgrep", "-f", `relay.ts 127.0.0.1 ${sshd.port}`]).exitCode !== 0);
    const { message } = (await run(hosts, "bad", "true").catch((thrown: unknown) => thrown)) as Error;
    expect(message).toContain("its command ended with 7: no tunnel today");
  });

  test.each([{}, { json: true }, { answers: "mapping" as const }])(
    "an MCP server's tool runs commands (%j)",
    async (options) => {
      using home = sshHome();
      await using mcp = startMcpServer({ token: "s3cret", ...options });
      await using hosts = connectionsTo(
        `hosts: { far: { local: false, primary: ${await nowhere()}, fallbacks: [{ method: mcp, mcp: ops, params: { host: far.internal } }] } }`,
        { home, mcpServer: (name) => (name === "ops" ? { url: mcp.url, token: "s3cret" } : undefined) },
      );
      await hosts.use("far", { signal }, async (connection) => {
        expect([connection.route, connection.takesInput]).toEqual(["fallback 1 (MCP ops, ssh_exec)", false]);
        const { stdout, exitCode } = await connection.exec("printf 'no newline'; exit 3 # a comment");
        expect([`${stdout}`, exitCode]).toEqual(["no newline", 3]);
        expect(`${(await connection.exec("cat <<E\n}{\nE")).stdout}`).toBe("}{\n");
        await expect(connection.exec("cat", { stdin: "x" })).rejects.toThrow(NotSent);
        await expect(connection.sftp()).rejects.toThrow(NotSent);
        // It was started anew, and knows our session no more.
        mcp.forget();
        expect((await connection.exec("true")).exitCode).toBe(0);
      });
      expect(mcp.calls.every(({ host }) => host === "far.internal")).toBe(true);
    },
  );

  test("a script of the repository runs commands, and 255 of it proves nothing", async () => {
    using home = sshHome();
    await using hosts = connectionsTo(
      `hosts: { far: { local: false, primary: ${await nowhere()}, fallbacks: [{ method: script, script: infra/reach.sh }, { method: script, script: ../../etc/passwd }] } }`,
      { home },
    );
    script(hosts.root, 'echo "for $GARZA_HOST" >&2; exec sh -c "$GARZA_COMMAND"');
    await hosts.use("far", { signal }, async (connection: Connection) => {
      const { stdout, stderr, exitCode } = await connection.exec("echo one; exit 4");
      expect([`${stdout}`, `${stderr}`, exitCode]).toEqual(["one\n", "for far\n", 4]);
      await expect(connection.exec("exit 255")).rejects.toThrow(Lost);
    });
    script(hosts.root, "exit 1");
    await using again = connectionsTo(await Bun.file(join(hosts.root, "infra/hosts.yml")).text(), { home });
    expect(String((await problemOf(run(again, "far", "true"))).kind)).toBe("host-unreachable");
  });

  test("where nothing works every route is told with its reason, after as many rounds as are asked for", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: [] });
    home.trust(sshd);
    await using hosts = connectionsTo(
      [
        "hosts:",
        `  far: { local: false, primary: ${await nowhere()}, fallbacks: [`,
        `    { method: ssh, description: by cable, host: 127.0.0.1, port: ${sshd.port}, user: ${sshd.user} },`,
        "    { method: mcp, mcp: nobody }, { method: jump }, { method: carrier-pigeon } ] }",
        "ssh_config: { retry_attempts: 1, retry_delay_seconds: 0.05 }",
        "connection_rules: { notify_on_all_methods_failed: true }",
      ].join("\n"),
      { home },
    );
    const problem = await problemOf(run(hosts, "far", "true"));
    expect(problem).toMatchObject({ kind: "host-unreachable", host: "far" });
    expect("routes" in problem && problem.routes).toEqual([
      { route: expect.stringMatching(/^primary, 127.0.0.1:\d+$/), why: "connection refused" },
      {
        route: expect.stringContaining("fallback 1 (by cable)"),
        why: `permission denied: it accepts no key of ours for ${sshd.user}`,
      },
      { route: "fallback 2 (MCP nobody, ssh_exec)", why: "mcp_servers.nobody.url: is not there" },
      { route: "fallback 3 (jump)", why: "jump needs `jump`" },
      { route: "fallback 4 (carrier-pigeon)", why: expect.stringContaining("does not know that method") },
    ]);
    expect(hosts.notes.map(({ priority, title }) => [priority, title])).toEqual([["high", "far can't be reached"]]);
  });

  test("without auto_fallback the primary is all there is", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    await using hosts = connectionsTo(
      `hosts: { far: { local: false, primary: ${await nowhere()}, fallbacks: [{ method: ssh, host: 127.0.0.1, port: ${sshd.port} }] } }\nconnection_rules: { auto_fallback: false }`,
      { home },
    );
    expect(await problemOf(run(hosts, "far", "true"))).toMatchObject({
      kind: "host-unreachable",
      why: "its only route fails",
    });
  });
});

function script(root: string, body: string): void {
  const file = join(root, "infra/reach.sh");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}
