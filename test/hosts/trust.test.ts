import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, lstatSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GarzaError, type Problem } from "../../src/core/problem.ts";
import { fingerprint, knownName, learn, lookUp } from "../../src/hosts/ssh/known-hosts.ts";
import { checkNames, openSshConfig } from "../../src/hosts/ssh/openssh-config.ts";
import { judge } from "../../src/hosts/ssh/trust.ts";
import { connectionsTo } from "../support/connections.ts";
import { type Sshd, type SshHome, sshHome, startAgent, startSshd } from "../support/sshd.ts";
import { sandbox } from "../support/temporary.ts";

const signal = new AbortController().signal;
const folder = sandbox();

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof GarzaError) return thrown.problem;
  throw thrown ?? new Error("no problem");
}

function keygen(file: string, ...args: string[]): Buffer {
  Bun.spawnSync(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", file, ...args]);
  return Buffer.from(readFileSync(`${file}.pub`, "utf8").split(" ")[1] ?? "", "base64");
}

/** What OpenSSH itself finds. */
const found = (name: string, file: string) => Bun.spawnSync(["ssh-keygen", "-F", name, "-f", file]).stdout.toString();

describe("known_hosts", () => {
  const one = keygen(join(folder, "one"));
  const other = keygen(join(folder, "other"));
  const text = (key: Buffer) => `ssh-ed25519 ${key.toString("base64")}`;
  const lock = join(folder, "lock");

  test("names, lists, patterns, exceptions and hashes are read as OpenSSH reads them", () => {
    const file = join(folder, "read");
    const lines = [
      "# a comment, and an empty line",
      "",
      `web1,10.0.0.1 ${text(one)} comment`,
      `*.example.org,!bad.example.org ${text(one)}`,
      `[web2]:2222 ${text(one)}`,
      `Web3 ${text(one)}`,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    Bun.spawnSync(["ssh-keygen", "-H", "-f", file]);
    // OpenSSH hashes nothing in a file with such a line; it reads past it.
    appendFileSync(file, "broken line\n");
    for (const [host, port] of [
      ["web1", 22],
      ["WEB1", 22],
      ["10.0.0.1", 22],
      ["a.example.org", 22],
      ["bad.example.org", 22],
      ["web2", 2222],
      ["web2", 22],
      ["web3", 22],
      ["web1", 2222],
      ["other", 22],
    ] as [string, number][]) {
      const name = knownName(host, port);
      expect([name, lookUp([file], name).keys.length > 0]).toEqual([name, found(name, file).includes("found")]);
    }
    expect(readFileSync(file, "utf8")).toContain("|1|");
    expect(lookUp([join(folder, "none")], "web1")).toEqual({ keys: [], revoked: [], authorities: [] });
    expect(fingerprint(one)).toBe(
      Bun.spawnSync(["ssh-keygen", "-lf", join(folder, "one.pub")])
        .stdout.toString()
        .split(" ")[1] ?? "",
    );
  });

  test("a key that is written is found by OpenSSH, plain and hashed; what was there stays", async () => {
    const file = join(folder, "written/known_hosts");
    await learn({ file, name: "web1", key: one, hashed: false, lock });
    appendFileSync(file, "# mine, without an end of line");
    await learn({ file, name: "[web2]:2222", key: other, hashed: true, lock });
    expect(found("web1", file)).toContain(text(one));
    expect(found("[web2]:2222", file)).toContain(text(other));
    expect(readFileSync(file, "utf8")).not.toContain("web2");
    expect(readFileSync(file, "utf8")).toContain("# mine, without an end of line\n");
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
  });

  test("a new key takes the place of the old one, hashed or in a list, and of no other", async () => {
    const file = join(folder, "replaced");
    writeFileSync(file, `a,web1,b ${text(one)}\nweb1 ${text(other)}\n@revoked web1 ${text(one)}\n*.org ${text(one)}\n`);
    await learn({ file, name: "web1", key: other, hashed: false, replace: true, lock });
    expect(readFileSync(file, "utf8")).toBe(
      `a,b ${text(one)}\n@revoked web1 ${text(one)}\n*.org ${text(one)}\nweb1 ${text(other)}\n`,
    );
    await learn({ file, name: "web1", key: one, hashed: true, replace: true, lock });
    await learn({ file, name: "web1", key: other, hashed: true, replace: true, lock });
    expect(lookUp([file], "web1").keys.map(({ key }) => key)).toEqual([other.toString("base64")]);
  });

  test("a link stays a link, and fifty at once lose nothing", async () => {
    const [real, file] = [join(folder, "real"), join(folder, "link")];
    writeFileSync(real, "");
    symlinkSync(real, file);
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => learn({ file, name: `h${n}`, key: one, hashed: n % 2 === 0, lock })),
    );
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8").trim().split("\n")).toHaveLength(50);
  });

  test("the verdict: known, new, changed, revoked, or an authority's business", () => {
    const line = (key: Buffer) => ({ type: "ssh-ed25519", key: key.toString("base64"), place: "f:1" });
    const none = { keys: [], revoked: [], authorities: [] };
    expect(judge({ ...none, keys: [line(one)] }, one)).toEqual({ kind: "known" });
    expect(judge(none, one)).toEqual({ kind: "new" });
    expect(judge({ ...none, keys: [line(other)] }, one)).toMatchObject({
      kind: "changed",
      why: expect.stringContaining("f:1"),
    });
    expect(judge({ keys: [line(one)], revoked: [line(one)], authorities: [] }, one)).toMatchObject({ kind: "changed" });
    expect(judge({ ...none, authorities: ["f:2"] }, one)).toMatchObject({
      kind: "authority",
      note: expect.stringContaining("@cert-authority"),
    });
  });
});

const far = ({ port, user }: Sshd, more = "", route = "") =>
  `hosts: { far: { local: false, primary: { host: 127.0.0.1, port: ${port}, user: ${user}${route} } } }\n${more}`;

const tryIt = (hosts: string, home: SshHome, rest: Partial<Parameters<typeof connectionsTo>[1]> = {}) => {
  const connections = connectionsTo(hosts, { home, ...rest });
  return { connections, done: connections.use("far", { signal }, (connection) => connection.exec("echo in")) };
};

describe("a host's key", () => {
  test("unknown, revoked, changed or vouched for by an authority it is refused, and nothing is sent or written", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    await using other = await startSshd({ accepts: home });
    const name = `[127.0.0.1]:${sshd.port}`;
    const cases: [string, Problem["kind"], string][] = [
      ["", "host-key-unknown", "is not known"],
      [`@cert-authority * ${other.hostKey}`, "host-key-unknown", "@cert-authority"],
      [`${name} ${other.hostKey}`, "host-key-changed", "another key"],
      [`${name} ${sshd.hostKey}\n@revoked * ${sshd.hostKey}`, "host-key-changed", "revoked"],
    ];
    for (const [lines, kind, word] of cases) {
      writeFileSync(home.knownHosts, lines);
      const { connections, done } = tryIt(far(sshd), home);
      const problem = await problemOf(done);
      expect([problem.kind, new GarzaError(problem).message]).toEqual([kind, expect.stringContaining(word)]);
      expect(problem).toMatchObject({ fingerprint: sshd.fingerprint });
      expect(readFileSync(home.knownHosts, "utf8")).toBe(lines);
      await connections.close();
    }
    expect(sshd.log()).not.toContain("Accepted");
  });

  test("accept_new takes a new one and never a changed one; false means the same, with a word", async () => {
    for (const checking of ["accept_new", "false"]) {
      using home = sshHome();
      await using sshd = await startSshd({ accepts: home });
      const settings = `ssh_config: { strict_host_key_checking: ${checking} }`;
      const { connections, done } = tryIt(far(sshd, settings), home);
      expect((await done).exitCode).toBe(0);
      expect(found(`[127.0.0.1]:${sshd.port}`, home.knownHosts)).toContain(sshd.hostKey);
      const said = connections.said.join("\n");
      expect(said).toContain(`took the key of far (ED25519 ${sshd.fingerprint})`);
      expect(said.includes("is read as accept_new")).toBe(checking === "false");
      await connections.close();
      await using other = await startSshd({ accepts: home });
      writeFileSync(home.knownHosts, `[127.0.0.1]:${sshd.port} ${other.hostKey}\n`);
      const again = tryIt(far(sshd, settings), home);
      expect((await problemOf(again.done)).kind).toBe("host-key-changed");
      await again.connections.close();
    }
  });

  test("a changed key is a stop, whatever fallback there is", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    await using other = await startSshd({ accepts: home });
    home.trust({ port: sshd.port, hostKey: other.hostKey }, other);
    const hosts = `hosts: { far: { local: false, primary: { host: 127.0.0.1, port: ${sshd.port} }, fallbacks: [{ method: ssh, host: 127.0.0.1, port: ${other.port} }] } }`;
    const { connections, done } = tryIt(hosts, home);
    expect((await problemOf(done)).kind).toBe("host-key-changed");
    await connections.close();
  });

  test.each(["rsa", "ecdsa"] as const)(
    "of a kind that is not the best is asked for where it is the one that is known (%s)",
    async (hostKey) => {
      using home = sshHome();
      await using sshd = await startSshd({ accepts: home, hostKey });
      // It has a better one as well.
      keygen(join(sshd.folder, "better"));
      appendFileSync(join(sshd.folder, "sshd_config"), `HostKey ${join(sshd.folder, "better")}\n`);
      await sshd.stop();
      await sshd.start();
      home.trust(sshd);
      const { connections, done } = tryIt(far(sshd), home);
      expect((await done).exitCode).toBe(0);
      await connections.close();
    },
  );

  test("weak algorithms are not spoken", async () => {
    using home = sshHome();
    for (const config of [
      ["KexAlgorithms diffie-hellman-group14-sha1"],
      ["Ciphers aes128-cbc"],
      ["MACs hmac-sha1", "Ciphers aes128-ctr"],
      ["HostKeyAlgorithms ssh-rsa"],
    ]) {
      await using sshd = await startSshd({
        accepts: home,
        config,
        ...(config[0]?.startsWith("Host") && { hostKey: "rsa" }),
      });
      home.trust(sshd);
      const { connections, done } = tryIt(far(sshd), home);
      expect(JSON.stringify(await problemOf(done))).toContain("nothing that is strong enough");
      await connections.close();
    }
  });
});

describe("our keys", () => {
  test("an encrypted one is opened with its secret; without it what is missing is said", async () => {
    using home = sshHome({ key: false });
    home.addKey("id_ops", { passphrase: "open sesame" });
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    const named = (path = "") => far(sshd, path, ", key_name: id_ops");
    const locked = tryIt(named(), home);
    expect(JSON.stringify(await problemOf(locked.done))).toContain(
      "garza set SSH_PASSPHRASE_ID_OPS".replace("garza", "garza secret"),
    );
    await locked.connections.close();
    const wrong = tryIt(named(), home, { secret: () => "wrong" });
    expect(JSON.stringify(await problemOf(wrong.done))).toContain("is not its passphrase");
    await wrong.connections.close();
    for (const name of ["SSH_PASSPHRASE_ID_OPS", "SSH_PASSPHRASE"]) {
      const secret = (asked: string) => (asked === name ? "open sesame" : undefined);
      const { connections, done } = tryIt(named("ssh_config: { key_paths: { id_ops: ~/.ssh/id_ops } }"), home, {
        secret,
      });
      expect((await done).exitCode).toBe(0);
      await connections.close();
    }
  });

  test("the agent's are used, and of a route that names its key that one alone", async () => {
    using home = sshHome({ key: false });
    const key = home.addKey("id_ops");
    await using sshd = await startSshd({ accepts: home, config: ["MaxAuthTries 2"] });
    home.trust(sshd);
    const others = [1, 2, 3].map((n) => {
      keygen(join(folder, `noise${n}`));
      return join(folder, `noise${n}`);
    });
    await using agent = await startAgent(...others, key);
    // Its private half is in the agent alone.
    renameSync(key, `${key}.away`);
    const env = { SSH_AUTH_SOCK: agent.socket };
    const named = tryIt(far(sshd, "", ", key_name: id_ops"), home, { env });
    expect((await named.done).exitCode).toBe(0);
    await named.connections.close();
    await using few = await startAgent(`${key}.away`);
    const any = tryIt(far(sshd), home, { env: { SSH_AUTH_SOCK: few.socket } });
    expect((await any.done).exitCode).toBe(0);
    await any.connections.close();
    const stale = tryIt(far(sshd), home, { env: { SSH_AUTH_SOCK: join(folder, "one") } });
    expect((await problemOf(stale.done)).kind).toBe("host-unreachable");
    await stale.connections.close();
  });

  test("one that others can read is refused, and one that is named and missing is a fault of the inventory", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    Bun.spawnSync(["chmod", "644", home.key]);
    const open = tryIt(far(sshd), home);
    expect(JSON.stringify(await problemOf(open.done))).toContain("can be read by other users");
    await open.connections.close();
    const missing = tryIt(far(sshd, "", ", key_name: id_nothing"), home);
    expect(await problemOf(missing.done)).toMatchObject({ kind: "configuration", where: "key_name id_nothing" });
    await missing.connections.close();
  });
});

describe("OpenSSH's configuration", () => {
  test("names, ports, users, keys, jump hosts and commands of it hold; what the inventory says goes before", async () => {
    using home = sshHome();
    const file = join(home.folder, ".ssh/config");
    writeFileSync(
      file,
      "Host web\n HostName web.internal\n Port 2022\n User ops\n IdentityFile ~/.ssh/id_web\n IdentitiesOnly yes\n ProxyJump a@b:1,c\n HostKeyAlias the-web\n HashKnownHosts yes\nHost via\n ProxyCommand nc %h %p\n",
    );
    const env = { PATH: process.env.PATH ?? "", HOME: home.folder, SSH_AUTH_SOCK: "/run/agent" };
    expect(await openSshConfig({ host: "web" }, env)).toMatchObject({
      address: "web.internal",
      port: 2022,
      user: "ops",
      identityFiles: [join(home.folder, ".ssh/id_web")],
      identitiesOnly: true,
      keyAlias: "the-web",
      hashKnownHosts: true,
      jumps: ["a@b:1", "c"],
      agent: "/run/agent",
    });
    expect(await openSshConfig({ host: "web", user: "me", port: 22 }, env)).toMatchObject({ port: 22, user: "me" });
    const via = await openSshConfig({ host: "via" }, env);
    expect([via.proxyCommand, via.jumps, via.knownHosts[0]]).toEqual(["nc %h %p", [], home.knownHosts]);
    writeFileSync(file, "Nonsense yes\n");
    expect(await problemOf(openSshConfig({ host: "web" }, env))).toMatchObject({
      kind: "configuration",
      where: "ssh -G web",
    });
    // Without OpenSSH its usual places hold.
    expect(await openSshConfig({ host: "web" }, { PATH: "/nowhere", HOME: home.folder })).toMatchObject({
      address: "web",
      port: 22,
      knownHosts: [home.knownHosts, "/etc/ssh/ssh_known_hosts"],
    });
  });

  test("a host that is only in it is reached with it, by its jump host", async () => {
    using home = sshHome();
    await using inner = await startSshd({ accepts: home });
    await using outer = await startSshd({ accepts: home });
    home.trust(inner, outer);
    const at = ({ port, user }: Sshd) => `\n HostName 127.0.0.1\n Port ${port}\n User ${user}\n`;
    writeFileSync(join(home.folder, ".ssh/config"), `Host gate${at(outer)}Host shop${at(inner)} ProxyJump gate\n`);
    await using hosts = connectionsTo(
      "hosts: { far: { local: false, primary: { host: shop } }, shop: { local: false } }",
      { home },
    );
    for (const name of ["far", "shop"])
      expect((await hosts.use(name, { signal }, (connection) => connection.exec("true"))).exitCode).toBe(0);
    expect(outer.log()).toContain("Accepted");
  });

  test.each([
    "-oProxyCommand=touch pwned",
    "host name",
    "[::1%25$(x)]",
    "a;b",
    "$(x)",
    "`x`",
    "a\nb",
    "",
    "-v",
    "user@host",
    "host:22",
    "a|b",
    "é",
  ])("a name that could be anything else never gets there: %j", async (host) => {
    expect(() => checkNames({ host })).toThrow(GarzaError);
    expect(() => checkNames({ host: "web", user: host.replace("@", " ") })).toThrow(GarzaError);
    const name = JSON.stringify(host);
    using home = sshHome();
    await using hosts = connectionsTo(`hosts: { far: { local: false, primary: { host: ${name} } } }`, { home });
    const problem = await problemOf(hosts.use("far", { signal }, async () => {}));
    expect(problem.kind).toBe("configuration");
    expect(existsSync(join(hosts.root, "pwned"))).toBe(false);
  });

  test.each(["web", "web.example.org", "10.0.0.1", "::1", "fe80::1%eth0", "my_host-1"])("%s is a name", (host) => {
    expect(() => checkNames({ host, user: "deploy.user" })).not.toThrow();
  });
});
