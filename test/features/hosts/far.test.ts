/** Operations whose steps are on another machine, by the real program over a real server. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { docker, systemctl } from "../../support/platforms.ts";
import { type Sandbox, sandbox } from "../../support/sandbox.ts";
import { type SshHome, sshHome, startSshd } from "../../support/sshd.ts";
import { startProxy } from "../../support/tcp-proxy.ts";
import { until } from "../../support/temporary.ts";

/** This machine and another one, with programs there and templates here; the network between them may be bad. */
async function net(programs: Record<string, string>, files: Record<string, string> = {}, more = "") {
  const stack = new AsyncDisposableStack();
  const home = stack.use<SshHome>(sshHome());
  const far = stack.use(await sandbox({ programs, git: false }));
  const env = { PATH: far.env.PATH ?? "", HOME: join(far.folder, "home"), FAR: far.folder };
  const sshd = stack.use(await startSshd({ accepts: home, env }));
  const line = stack.use(await startProxy(sshd.port));
  home.trust({ port: line.port, hostKey: sshd.hostKey });
  const hosts = `hosts: { far: { local: false, primary: { host: 127.0.0.1, port: ${line.port}, user: ${sshd.user} }${more} } }\n`;
  const box = stack.use(
    await sandbox({ files: { "infra/hosts.yml": hosts, ...files }, programs, env: { HOME: home.folder } }),
  );
  const runs = join(far.folder, "home/.cache/garza/run");
  return {
    box,
    far,
    line,
    runs: () => (existsSync(runs) ? readdirSync(runs) : []),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const head = (more = "") => `operation: { name: x, type: maintain, description: A test${more} }\n`;
const document = async (box: Sandbox, id: string) =>
  JSON.parse((await box.garza("queue", "show", id, "--json")).stdout);
async function add(box: Sandbox, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await box.garza("queue", "add", ...words);
  if (exitCode !== 0) throw new Error(`garza queue add ${words.join(" ")}: ${stderr}`);
  return stdout.trim();
}
async function agent(box: Sandbox) {
  const running = box.start("agent");
  await running.says("ready");
  return running;
}

describe("maintain/restart-service on another machine", () => {
  test.each([
    [
      "docker",
      docker,
      [
        ["restart", "web"],
        ["inspect", "--format", "{{.State.Running}}", "web"],
      ],
    ],
    [
      "systemd",
      systemctl,
      [
        ["restart", "web"],
        ["is-active", "web"],
      ],
    ],
  ])("restarts by %s there and sees that it is up", async (platform, program, calls) => {
    const name = platform === "docker" ? "docker" : "systemctl";
    await using _ = await net({ [name]: program });
    const restart = ["run", "maintain/restart-service", "service_name=web", `platform=${platform}`, "host=far"];
    const plan = await _.box.garza(...restart, "--dry-run");
    expect(plan.stdout).toContain("far (");
    const { exitCode, stderr } = await _.box.garza(...restart);
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("without a wrapper")]);
    expect(await _.far.calls(name)).toEqual(calls);
    expect([await _.box.calls(name), _.runs()]).toEqual([[], []]);
    expect(await _.box.told()).toEqual([`normal: web on ${platform} was restarted and is up`]);
  });

  test("survives its agent's kill -9 in the middle, without running twice or losing a line", async () => {
    const slow = `case "$1" in
  restart)
    echo stopping
    until [ -e "$FAR/go-1" ]; do sleep 0.05; done
    i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done
    : >"$FAR/half"
    until [ -e "$FAR/go-2" ]; do sleep 0.05; done
    echo started ;;
  inspect) echo true ;;
esac`;
    await using _ = await net({ docker: slow });
    const { box, far } = _;
    const first = await agent(box);
    const id = await add(box, "maintain/restart-service", "service_name=web", "platform=docker", "host=far");
    const follower = box.start("logs", id, "-f");
    await follower.says("stopping");
    first.signal("SIGKILL");
    await first.ended;
    await far.write("../go-1", "");
    await until(() => existsSync(join(far.folder, "half")));
    const second = await agent(box);
    await far.write("../go-2", "");
    await second.says(`${id} ended: success`);
    const { stdout } = await box.garza("logs", id);
    const printed = stdout.split("\n").flatMap((line) => /(?:^|\s)(stopping|line \d+|started)$/.exec(line)?.[1] ?? []);
    const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}`);
    expect(printed).toEqual(["stopping", ...lines, "started"]);
    expect((await far.calls("docker")).filter(([word]) => word === "restart")).toEqual([["restart", "web"]]);
    expect(await document(box, id)).toMatchObject({ status: "success" });
    // What is recorded needs no proof there.
    await until(() => _.runs().length === 0);
  });
});

test("a cancel while the line is cut reaches what runs there once it is back, and nothing of it stays", async () => {
  const files = {
    "operations/long.yml": `${head()}steps:
  - { type: ssh_command, name: long, host: far, kill_grace: 1, command: "echo $$ >pid; trap '' TERM; while :; do sleep 1; done" }
`,
  };
  await using _ = await net({}, files);
  const { box, far, line } = _;
  const running = await agent(box);
  const id = await add(box, "long");
  const pid = join(far.folder, "home/pid");
  await until(() => existsSync(pid));
  line.refuse(true);
  line.cut();
  expect((await box.garza("queue", "cancel", id)).exitCode).toBe(0);
  line.refuse(false);
  await running.says(`${id} ended: cancelled`);
  const gone = `/proc/${(await far.read("../home/pid")).trim()}`;
  // Whoever waits for it, it has ended by then.
  await until(() => !existsSync(gone));
});

test("a cancel while the line is dead without a word goes by another one, and nothing stays there", async () => {
  const files = {
    "operations/x.yml": `${head()}steps:
  - { type: ssh_command, name: long, host: far, command: 'echo begun; sleep 3600' }
`,
  };
  await using _ = await net({}, files);
  const running = _.box.start("run", "x", "--local");
  await running.says("begun");
  _.line.strand();
  running.signal("SIGINT");
  expect((await running.ended).exitCode).toBe(6);
  expect([_.line.taken(), _.runs()]).toEqual([2, []]);
});

test("a cancel before anything was sent ends it at once, and nothing is run later", async () => {
  const files = {
    "operations/warm.yml": `${head()}steps: [{ type: ssh_command, name: one, host: far, command: "true" }]\n`,
    "operations/x.yml": `${head()}steps: [{ type: ssh_command, name: one, host: far, command: "touch $FAR/ran" }]\n`,
  };
  await using _ = await net({}, files);
  const { box, far, line } = _;
  const running = await agent(box);
  expect((await box.garza("run", "warm")).exitCode).toBe(0);
  line.strand();
  const id = await add(box, "x");
  await running.says(`${id} step one started`);
  expect((await box.garza("queue", "cancel", id)).exitCode).toBe(0);
  await running.says(`${id} ended: cancelled`);
  // What goes by another line now has come before anything else could.
  expect((await box.garza("run", "warm")).exitCode).toBe(0);
  expect([existsSync(join(far.folder, "ran")), line.taken()]).toEqual([false, 2]);
}, 120_000);

test("no more steps are on a host at once than it allows, whoever's they are", async () => {
  const files = {
    "operations/slow.yml": `${head()}parameters: { n: { type: string, required: true } }
steps:
  - { type: ssh_command, name: slow, host: far, command: 'echo begin >>"$FAR/log"; until [ -e "$FAR/go"-\${n} ]; do sleep 0.05; done; echo end >>"$FAR/log"' }
`,
  };
  await using _ = await net({}, files, ", max_concurrent: 1");
  const { box, far } = _;
  const running = await agent(box);
  const ids = [await add(box, "slow", "n=1"), await add(box, "slow", "n=2")];
  for (const id of ids) await running.says(`${id} step slow started`);
  await until(() => existsSync(join(far.folder, "log")));
  await far.write("../go-1", "");
  await far.write("../go-2", "");
  for (const id of ids) await running.says(`${id} ended: success`);
  expect(await far.read("../log")).toBe("begin\nend\nbegin\nend\n");
});

test("prerequisites, checks, scripts and files are looked at, run and copied there", async () => {
  const files = {
    "scripts/report.pl": '#!/usr/bin/env perl\nprint "report of @ARGV from $ENV{HOME}\\n";\n',
    "conf/app/a.conf": "a\n",
    "operations/all.yml": `${head()}parameters: { word: { type: string, required: true }, home: { type: string, required: true } }
prerequisites:
  - { check: it is there, host: far, command: 'echo "home is $HOME"', expected_contains: "home is \${home}" }
steps:
  - { type: lock, name: take, resource: thing }
  - { type: upload, name: send, host: far, from: conf/app, to: "\${home}/app" }
  - { type: ssh_command, name: see, host: far, directory: app, commands: [ls, 'echo "$GARZA_FENCE|$V|\${word}"', cat], env: { V: "it's \${word}" }, stdin: "in \${word}", output: seen }
  - { type: script, name: report, host: far, script: scripts/report.pl, args: ["\${word}"] }
  - { type: ssh_command, name: once, host: far, check: '[ -e app/a.conf ]', command: touch never }
  - { type: wait_for, name: wait, method: ssh_command, host: far, command: 'echo up', expected_output: up, interval: 0.05, timeout: 20 }
  - { type: download, name: fetch, host: far, from: "\${home}/app/a.conf", to: fetched }
`,
  };
  await using _ = await net({}, files);
  const { box, far } = _;
  const word = "a 'b' $(touch x)";
  const home = join(far.folder, "home");
  const { exitCode, stdout, stderr } = await box.garza("run", "all", `word=${word}`, `home=${home}`, "--json");
  expect([exitCode, stderr]).toEqual([0, ""]);
  const { operation } = JSON.parse(stdout.split("\n")[0] ?? "");
  const logs = (await box.garza("logs", operation)).stdout;
  expect(logs).toContain(`1|it's ${word}|${word}`);
  expect(logs).toContain(`in ${word}`);
  expect(logs).toContain(`report of ${word} from ${home}`);
  expect(await box.read("fetched")).toBe("a\n");
  expect(readdirSync(home).filter((name) => name !== ".cache")).toEqual(["app"]);
});
