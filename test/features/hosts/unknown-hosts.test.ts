/** Hosts that nobody knows are told before a run needs them; those of OpenSSH's configuration are hosts like others. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mentioning } from "../../support/processes.ts";
import { sandbox } from "../../support/sandbox.ts";
import { sshHome, startSshd } from "../../support/sshd.ts";
import { added, document } from "../queue/templates.ts";

const head = "operation: { name: x, type: maintain, description: A test }\n";
const ssh = (host: string, number = 0) =>
  `  - { type: ssh_command, name: s${number}, host: ${host}, command: "true" }\n`;

test("an unknown host is a warning with the nearest name, in validation and in a plan", async () => {
  const files = {
    "infra/hosts.yml": "hosts: { web1: { local: false, primary: { host: 10.0.0.1 } } }\n",
    "operations/x.yml": `${head}parameters: { to: web1 }
prerequisites: [{ check: up, command: "true", host: web1 }, { check: other, command: "true", host: web9 }]
steps:
${["web1", "wbe1", "ops@10.0.0.2:22", '"${to}"', "ops@nowhere", "localhost"].map(ssh).join("")}  - { type: wait_for, name: port, host: postgres, port: 5432 }
  - { type: health_check, name: check, host: web2, command: "true" }
`,
  };
  await using box = await sandbox({ files });
  const warned = (faults: { line: number; code: string; severity: string; message: string }[]) =>
    faults.map(({ line, code, severity, message }) => [line, code, severity, message]);
  const expected = [
    [3, "unknown-host", "warning", "host web9 is not in infra/hosts.yml. Nearest: web1."],
    [6, "unknown-host", "warning", "host wbe1 is not in infra/hosts.yml. Nearest: web1."],
    [9, "unknown-host", "warning", "host ops@nowhere is not in infra/hosts.yml."],
    [12, "unknown-host", "warning", "host web2 is not in infra/hosts.yml. Nearest: web1."],
  ];
  const validated = await box.garza("template", "validate", "x", "--json");
  expect([validated.exitCode, warned(JSON.parse(validated.stdout)[0].faults)]).toEqual([0, expected]);
  expect((await box.garza("template", "validate", "x", "--strict")).exitCode).toBe(3);
  expect(warned((await document(box, "run", "x", "--dry-run")).warnings)).toEqual(expected);
  expect((await box.garza("queue", "add", "x")).stderr).toContain("host wbe1 is not in infra/hosts.yml");
});

test("a word that OpenSSH's configuration has a block for is a host", async () => {
  using home = sshHome();
  await using sshd = await startSshd({ accepts: home });
  home.trust(sshd);
  const config = `Host box
  HostName 127.0.0.1
  Port ${sshd.port}
  User ${sshd.user}
Host own
  IdentitiesOnly yes
Host *
  ServerAliveInterval 5
  ControlPath ${home.folder}/.ssh/%C-%h
  UserKnownHostsFile ${home.folder}/.ssh/known_hosts ${home.folder}/.ssh/known_hosts-%h-%C
Host afar
  HostName 10.0.0.9
`;
  writeFileSync(join(home.folder, ".ssh/config"), config);
  const files = {
    "operations/x.yml": `${head}steps:\n${ssh("box")}`,
    "operations/afar.yml": `${head}steps:\n${ssh("afar")}`,
    "operations/others.yml": `${head}steps:\n${["own", "me@own", "other"].map(ssh).join("")}`,
  };
  await using box = await sandbox({ files, env: { HOME: home.folder } });
  const { exitCode, stderr } = await box.garza("run", "x");
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("is not in infra/hosts.yml")]);
  const { faults } = (await document(box, "template", "validate", "others"))[0];
  expect(faults.map(({ message }: { message: string }) => message)).toEqual(["host other is not in infra/hosts.yml."]);
  expect((await document(box, "queue", "show", await added(box, "x"))).hosts).toEqual(["box"]);
  expect((await document(box, "queue", "show", await added(box, "afar"))).hosts).toEqual(["afar", "10.0.0.9"]);
});

test("OpenSSH is asked where only it can tell, and one that does not answer holds nobody up for long", async () => {
  using home = sshHome();
  const files = {
    "operations/x.yml": `${head}parameters: { to: inner }\nsteps:\n${ssh('"${to}"')}`,
    "operations/others.yml": `${head}steps:\n${["inner", "web7", "other"].map(ssh).join("")}`,
  };
  const programs = { ssh: 'exec /usr/bin/ssh "$@"' };
  await using box = await sandbox({ files, programs, env: { HOME: home.folder } });
  const config = (text: string) => writeFileSync(join(home.folder, ".ssh/config"), text);
  const unknown = async () => {
    const { faults } = (await document(box, "template", "validate", "others"))[0];
    return faults.map(({ message }: { message: string }) => message.split(" ")[1]);
  };
  writeFileSync(join(home.folder, ".ssh/more"), "Host inner\n  User me\n");
  config(`Include ${home.folder}/.ssh/mor*\nHost web?\n  Port 2222\nHost *\n  ServerAliveInterval 5\n`);
  expect(await unknown()).toEqual(["other"]);
  config('Match originalhost inner,other\n  User me\nHost "web[7]"\n');
  expect(await unknown()).toEqual(["web7"]);
  config("Host [\nHost\nMatch\nInclude\n");
  expect(await unknown()).toEqual(["inner", "web7", "other"]);

  // What it might have a block for is no slip.
  config('Match exec "sleep 1000.5"\n  User me\n');
  expect(await unknown()).toEqual([]);
  expect(mentioning("1000.5")).toEqual([]);
  const agent = box.start("agent");
  await agent.says("ready");
  // It is asked again where they run.
  expect((await box.garza("queue", "pause")).exitCode).toBe(0);
  await added(box, "x", "to=a1");
  const asked = (await box.calls("ssh")).length;
  for (const to of ["a2", "a3"]) await added(box, "x", `to=${to}`);
  // Each would take as long as the first one did.
  expect((await box.calls("ssh")).length).toBe(asked);
}, 60_000);
