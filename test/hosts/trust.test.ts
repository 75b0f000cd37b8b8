import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GarzaError, type Problem } from "../../src/core/problem.ts";
import { oneHost, problemOf, tryHost } from "../support/connections.ts";
import { foundInKnownHosts as found, keygen, sshHome, startSshd } from "../support/sshd.ts";

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
      const { connections, done } = tryHost(oneHost(sshd), home);
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
      const { connections, done } = tryHost(oneHost(sshd, settings), home);
      expect((await done).exitCode).toBe(0);
      expect(found(`[127.0.0.1]:${sshd.port}`, home.knownHosts)).toContain(sshd.hostKey);
      const said = connections.said.join("\n");
      expect(said).toContain(`took the key of far (ED25519 ${sshd.fingerprint})`);
      expect(said.includes("is read as accept_new")).toBe(checking === "false");
      await connections.close();
      await using other = await startSshd({ accepts: home });
      writeFileSync(home.knownHosts, `[127.0.0.1]:${sshd.port} ${other.hostKey}\n`);
      const again = tryHost(oneHost(sshd, settings), home);
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
    const { connections, done } = tryHost(hosts, home);
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
      const { connections, done } = tryHost(oneHost(sshd), home);
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
      const { connections, done } = tryHost(oneHost(sshd), home);
      expect(JSON.stringify(await problemOf(done))).toContain("nothing that is strong enough");
      await connections.close();
    }
  });
});
