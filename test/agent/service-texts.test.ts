import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchdCalls, launchdService, rootInList } from "../../src/agent/service/launchd.ts";
import type { ServiceRequest } from "../../src/agent/service/service.ts";
import { rootInUnit, systemdCalls, systemdService } from "../../src/agent/service/systemd.ts";

const owner = { name: "root", uid: 0, home: "/home/a d a" };
const request = (more: Partial<ServiceRequest> = {}): ServiceRequest => ({
  name: "demo",
  scope: "system",
  hardened: false,
  program: "/bin/true",
  root: "/tmp",
  data: "/var/lib/garza/demo",
  repository: "/tmp",
  owner,
  ...more,
});

/** What systemd's own tool says of a unit. */
function analyzed(command: string[], more: Partial<ServiceRequest>) {
  const folder = mkdtempSync(join(tmpdir(), "garza-unit-"));
  try {
    const { unit, text } = systemdService(request(more), "/nonexistent");
    const file = join(folder, unit);
    writeFileSync(file, text);
    const { exitCode, stdout, stderr } = Bun.spawnSync(["systemd-analyze", ...command, file], {
      env: {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        XDG_RUNTIME_DIR: folder,
        SYSTEMD_COLORS: "0",
        SYSTEMD_PAGER: "",
      },
    });
    return { exitCode, said: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const kinds = { user: { scope: "user" }, host: {}, hardened: { hardened: true } } as const;

test.each(Object.keys(kinds) as (keyof typeof kinds)[])("systemd has nothing to say against the unit: %s", (kind) => {
  const user = kind === "user" ? ["--user"] : [];
  const { exitCode, said } = analyzed(["verify", "--man=no", ...user], kinds[kind]);
  expect(said.split("\n").filter((line) => line.includes("garza@demo"))).toEqual([]);
  expect(exitCode).toBe(0);
});

test.each([
  ["hardened", 2.0],
  ["host", 7.0],
] as const)("systemd rates the exposure of the unit: %s, at most %d", (kind, most) => {
  // Whoever is root or nobody is rated for that, and not for the unit.
  const { said } = analyzed(["security", "--offline=true", "--no-pager"], {
    ...kinds[kind],
    owner: { ...owner, name: "ada" },
  });
  const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
  expect(level).toBeGreaterThan(0);
  expect(level).toBeLessThanOrEqual(most);
});

test("no unit keeps the program from making machine code, and each lets steps outlive the agent", () => {
  for (const more of Object.values(kinds)) {
    const { text } = systemdService(request(more), "/nonexistent");
    expect(text).not.toMatch(/^MemoryDenyWriteExecute/m);
    expect(text).toContain("Never MemoryDenyWriteExecute");
    for (const line of [
      "Type=notify", "KillMode=process", "OOMPolicy=continue", "TimeoutStopSec=90", "RestartPreventExitStatus=65 78",
    ]) expect(text).toContain(`\n${line}\n`); // biome-ignore format: a list
  }
});

const odd = `/srv/my "ops" 100%h $HOME 'x' \\d a:b`;

test("odd paths mean themselves in a unit, and what none can hold is refused", () => {
  const { text } = systemdService(request({ root: odd, program: "/opt/g z/garza" }), "/");
  expect(text).toContain(`ExecStart="/opt/g z/garza" agent --root "/srv/my \\"ops\\" 100%%h $$HOME 'x' \\\\d a:b"\n`);
  expect(text).toContain(`WorkingDirectory=/srv/my "ops" 100%%h $HOME 'x' \\d a:b\n`);
  expect(rootInUnit(text)).toBe(odd);
  for (const bad of ["/a\nb", "/a ", "/a\\", "/a\tb"])
    expect(() => systemdService(request({ root: bad }), "/")).toThrow("such a unit can't hold this path");
});

test("a hardened unit names paths in lists, and takes fewer", () => {
  const hardened = (repository: string) => systemdService(request({ hardened: true, repository }), "/").text;
  expect(hardened("/srv/my $ops 5%")).toContain('BindPaths="/srv/my $ops 5%%"\n');
  for (const bad of ["/a:b", "/a\\b", '/a"b']) expect(() => hardened(bad)).toThrow("such a unit can't hold this path");
});

test("the list for launchd is read by another program as it is meant", () => {
  const root = "/Users/ada/my <ops> & 'more' --x";
  const service = launchdService(request({ scope: "user", root, data: "/d", owner: { ...owner, home: "/Users/ada" } }));
  expect(service.file).toBe("/Users/ada/Library/LaunchAgents/garza.demo.plist");
  expect(rootInList(service.text)).toBe(root);
  const read = Bun.spawnSync(
    ["python3", "-c", "import json, plistlib, sys; print(json.dumps(plistlib.load(sys.stdin.buffer)))"],
    {
      stdin: Buffer.from(service.text),
      env: { PATH: process.env.PATH ?? "" },
    },
  );
  expect(JSON.parse(read.stdout.toString())).toEqual({
    Label: "garza.demo",
    GarzaRoot: root,
    ProgramArguments: ["/bin/true", "agent", "--root", root, "--log", "/d/agent.log", "--environment", "/d/agent.env"],
    WorkingDirectory: root,
    EnvironmentVariables: { GARZA_HOME: "/d" },
    AbandonProcessGroup: true,
    ExitTimeOut: 90,
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ProcessType: "Background",
  });
  expect(() => launchdService(request({ root: "/a\u0001" }))).toThrow("no property list can hold such a path");
});

test("what is called, in order", () => {
  expect(systemdCalls({ scope: "user", unit: "garza@demo.service" }).start).toEqual([
    ["systemctl", "--user", "daemon-reload"],
    ["systemctl", "--user", "enable", "garza@demo.service"],
    ["systemctl", "--user", "restart", "garza@demo.service"],
  ]);
  expect(launchdCalls({ unit: "garza.demo", file: "/f.plist" }, 501)).toEqual({
    start: [["launchctl", "bootstrap", "gui/501", "/f.plist"]],
    restart: ["launchctl", "kickstart", "-k", "gui/501/garza.demo"],
    remove: [["launchctl", "bootout", "gui/501/garza.demo"]],
    forget: [],
    state: ["launchctl", "print", "gui/501/garza.demo"],
  });
});
