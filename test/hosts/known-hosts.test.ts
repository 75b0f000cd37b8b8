import { describe, expect, test } from "bun:test";
import { appendFileSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint, knownName, learn, lookUp } from "../../src/hosts/ssh/known-hosts.ts";
import { judge } from "../../src/hosts/ssh/trust.ts";
import { foundInKnownHosts as found, keygen } from "../support/sshd.ts";
import { sandbox } from "../support/temporary.ts";

const folder = sandbox();

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
