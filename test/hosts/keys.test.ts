import { describe, expect, test } from "bun:test";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GarzaError } from "../../src/core/problem.ts";
import { checkNames, openSshConfig } from "../../src/hosts/ssh/openssh-config.ts";
import { connectionsTo, oneHost, problemOf, tryHost } from "../support/connections.ts";
import { keygen, type Sshd, sshHome, startAgent, startSshd } from "../support/sshd.ts";
import { sandbox } from "../support/temporary.ts";

const signal = new AbortController().signal;
const folder = sandbox();

describe("our keys", () => {
  test("an encrypted one is opened with its secret; without it what is missing is said", async () => {
    using home = sshHome({ key: false });
    home.addKey("id_ops", { passphrase: "open sesame" });
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    const named = (path = "") => oneHost(sshd, path, ", key_name: id_ops");
    const locked = tryHost(named(), home);
    expect(JSON.stringify(await problemOf(locked.done))).toContain(
      "garza set SSH_PASSPHRASE_ID_OPS".replace("garza", "garza secret"),
    );
    await locked.connections.close();
    const wrong = tryHost(named(), home, { secret: () => "wrong" });
    expect(JSON.stringify(await problemOf(wrong.done))).toContain("is not its passphrase");
    await wrong.connections.close();
    for (const name of ["SSH_PASSPHRASE_ID_OPS", "SSH_PASSPHRASE"]) {
      const secret = (asked: string) => (asked === name ? "open sesame" : undefined);
      const { connections, done } = tryHost(named("ssh_config: { key_paths: { id_ops: ~/.ssh/id_ops } }"), home, {
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
    const named = tryHost(oneHost(sshd, "", ", key_name: id_ops"), home, { env });
    expect((await named.done).exitCode).toBe(0);
    await named.connections.close();
    await using few = await startAgent(`${key}.away`);
    const any = tryHost(oneHost(sshd), home, { env: { SSH_AUTH_SOCK: few.socket } });
    expect((await any.done).exitCode).toBe(0);
    await any.connections.close();
    const stale = tryHost(oneHost(sshd), home, { env: { SSH_AUTH_SOCK: join(folder, "one") } });
    expect((await problemOf(stale.done)).kind).toBe("host-unreachable");
    await stale.connections.close();
  });

  test("who to be there can be said where the host is used, and is a connection of its own", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    await using hosts = connectionsTo(oneHost({ ...sshd, user: "somebody-else" }), { home });
    const who = (user?: string) =>
      hosts.use("far", { signal, ...(user !== undefined && { user }) }, (connection) => connection.exec("id -un"));
    expect(JSON.stringify(await problemOf(who()))).toContain("it accepts no key of ours for somebody-else");
    expect(`${(await who(sshd.user)).stdout}`).toBe(`${sshd.user}\n`);
    expect((await problemOf(who("-oX"))).kind).toBe("configuration");
  });

  test("one that others can read is refused, and one that is named and missing is a fault of the inventory", async () => {
    using home = sshHome();
    await using sshd = await startSshd({ accepts: home });
    home.trust(sshd);
    Bun.spawnSync(["chmod", "644", home.key]);
    const open = tryHost(oneHost(sshd), home);
    expect(JSON.stringify(await problemOf(open.done))).toContain("can be read by other users");
    await open.connections.close();
    const missing = tryHost(oneHost(sshd, "", ", key_name: id_nothing"), home);
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
