/** A remote that does not let us in: told at once, once, with what to do, and nobody is asked anything. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type HttpGit, startHttpGit } from "../support/http-git.ts";
import { type Fleet, fleets, problemOf } from "../support/machines.ts";
import { keygen, type Sshd, type SshHome, sshHome, startSshd } from "../support/sshd.ts";
import { sandbox } from "../support/temporary.ts";
import { sshLogin } from "../support/transports.ts";

const folder = sandbox();
const here = fleets(folder);

describe("over ssh", () => {
  let home: SshHome;
  let sshd: Sshd;
  beforeAll(async () => {
    home = sshHome();
    sshd = await startSshd({ accepts: home });
  });
  afterAll(async () => {
    await sshd[Symbol.asyncDispose]();
    home[Symbol.dispose]();
  });
  const fingerprint = expect.stringContaining("git ls-remote shows the fingerprint and asks");

  test.each([
    ["a host that is not known", () => {}, { why: "Host key verification failed.", hint: fingerprint }],
    [
      "a host that has another key",
      (stranger: SshHome) => stranger.trust({ port: sshd.port, hostKey: anotherKey() }),
      { why: expect.stringMatching(/^Host key for \[127.0.0.1\]:\d+ has changed/), hint: fingerprint },
    ],
    [
      "a key that is not accepted",
      (stranger: SshHome) => stranger.trust(sshd),
      {
        why: expect.stringMatching(/^\w+@127.0.0.1: Permission denied \(publickey\)/),
        hint: expect.stringContaining("git push --dry-run"),
      },
    ],
  ])("%s", async (_, prepare, told) => {
    using stranger = sshHome();
    prepare(stranger);
    const asked = join(stranger.folder, "asked");
    writeFileSync(join(stranger.folder, "ask"), `#!/bin/sh\ntouch ${asked}\n`, { mode: 0o755 });
    const asking = { SSH_ASKPASS: join(stranger.folder, "ask"), DISPLAY: ":0" };
    const at = here({ url: (path) => `ssh://${sshd.user}@127.0.0.1:${sshd.port}${path}`, env: sshLogin(stranger) });
    const one = at.machine("one", { env: { ...sshLogin(stranger), ...asking } });
    const before = connections();
    expect(await problemOf(one.acquire("op_1"))).toMatchObject({ kind: "remote-refused", ...told });
    expect([connections() - before, existsSync(asked), await one.locks.settled()]).toEqual([1, false, null]);
  });

  const connections = () => sshd.log().split("Connection from").length;
  const anotherKey = () => `ssh-ed25519 ${keygen(join(folder, "another")).toString("base64")}`;
});

describe("over http", () => {
  let server: HttpGit;
  beforeAll(async () => {
    server = await startHttpGit({ "writer:p@s:s %": "push", "reader:open": "read" });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const url = (at: Fleet, login: string) => `http://${login}127.0.0.1:${server.port}${at.remote}`;

  test.each([
    ["without a name", "", 1, /^could not read Username for 'http:\/\/127.0.0.1:/],
    ["with a name alone", "ghp_token@", 2, /^could not read Password for 'http:\/\/\*\*\*@127.0.0.1:/],
    ["with a wrong password", "writer:wrong@", 2, /^Authentication failed for 'http:\/\/127.0.0.1:/],
    // May look, three times with three requests each.
    ["as somebody who may only read", "reader:open@", 11, /The requested URL returned error: 403$/],
  ])("%s", async (_, login, requests, why) => {
    const at = here();
    const one = at.machine("one", { url: url(at, login) });
    const before = server.requests();
    const problem = await problemOf(one.acquire("op_1"));
    expect(problem).toMatchObject({
      kind: "remote-refused",
      why: expect.stringMatching(why),
      hint: expect.stringContaining("git push --dry-run"),
    });
    expect([server.requests() - before, await one.locks.settled()]).toEqual([requests, null]);
    expect(JSON.stringify(problem)).not.toMatch(/wrong|open|ghp_token/);
  });

  test("a password with odd characters is used as it is written, and the user's own helpers are not asked", async () => {
    const at = here();
    const one = at.machine("one", { url: url(at, "writer:p%40s%3As%20%@") });
    at.git(one.root, "config", "credential.helper", "!touch asked; true");
    expect(await one.acquire("op_1")).toBe(1);
    await one.release("op_1");
    expect(await one.locks.settled()).toBeNull();
    expect(existsSync(join(one.root, ".git/garza/store.git/asked"))).toBe(false);
  });
});
