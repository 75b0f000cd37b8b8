/** `garza run … --on HOST` where an agent serves there: followed from here, whatever becomes of the line or of the agent. */
import { expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram, type Sandbox } from "../../support/sandbox.ts";
import { startProxy } from "../../support/tcp-proxy.ts";
import { until } from "../../support/temporary.ts";
import { type Net, net, onScreen, plain } from "../../support/two-machines.ts";

const long = `operation: { name: long, type: maintain, description: Waits }
steps:
  - type: command
    name: one
    command: "for each in 1 2 3; do echo line $each; done; until test -e go1; do sleep 0.05; done; echo line 4"
  - { type: command, name: two, command: "until test -e go2; do sleep 0.05; done; echo line 5" }
`;

async function served(here: Net): Promise<{ agent: ReturnType<Sandbox["start"]>; box: Sandbox; far: Sandbox }> {
  await here.far.write("operations/long.yml", long);
  const agent = here.far.start("agent");
  await agent.says("ready");
  return { ...here, agent };
}

const history = async (far: Sandbox) =>
  JSON.parse((await far.garza("history", "--json")).stdout) as { status: string }[];

test("each line comes once, over a line that is cut, a server that is away and an agent that is killed", async () => {
  await using here = await net(plain);
  const { agent, box, far } = await served(here);
  const run = box.start("run", "long", "--on", "far");
  await run.says("line 3");
  here.sshd.cut();
  await far.write("go1", "");
  await run.says("line 4");
  await here.sshd.stop();
  await run.says("the agent of far is out of reach; waiting for it to come back");
  await here.sshd.start();
  await run.says("it is back");
  agent.signal("SIGKILL");
  await agent.ended;
  const next = far.start("agent");
  await next.says("ready");
  await far.write("go2", "");
  const { exitCode, stderr } = await run.ended;
  expect(exitCode).toBe(0);
  expect(stderr.match(/line \d/g)).toEqual(["line 1", "line 2", "line 3", "line 4", "line 5"]);
  expect(stderr).toContain("long succeeded");
  expect(await history(far)).toMatchObject([{ status: "success" }]);
}, 60_000);

test("it is cancelled from here, left there, or only submitted; at a terminal as anywhere", async () => {
  await using here = await net(plain);
  const { box, far } = await served(here);
  const cancelled = box.start("run", "long", "--on", "far");
  await cancelled.says("line 3");
  cancelled.signal("SIGINT");
  expect(await cancelled.ended).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("long was cancelled") });

  const screen = onScreen([compiledProgram(), "run", "long", "--on", "far"], box);
  await until(() => screen.seen().includes("line 3"));
  screen.write("\u0003");
  await until(() => screen.seen().includes("[d]etach"));
  screen.write("d\r");
  expect(await screen.exited).toBe(130);
  const id = /the agent goes on with (op_\w+)\. Look: garza status \S+ --on far/.exec(screen.seen())?.[1] ?? "";
  await far.write("go1", "");
  await far.write("go2", "");
  expect((await box.garza("logs", id, "-f", "--on", "far")).stdout).toContain("line 5");

  const detached = await box.garza("run", "hello", "name=Ada", "--detach", "--on", "far");
  expect([detached.exitCode, detached.stdout]).toEqual([0, expect.stringMatching(/^op_\w+\n$/)]);
  expect((await box.garza("logs", detached.stdout.trim(), "-f", "--on", "far")).stdout).toContain("hello Ada");
  const told = await box.garza("run", "hello", "--on", "far", "--json");
  expect(JSON.parse(told.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    type: "operation-ended",
    status: "success",
  });
}, 60_000);

test("what is dangerous is asked about, what is wrong is told as there, and a plan is made there", async () => {
  await using here = await net(plain);
  const { box, far } = await served(here);
  await far.write("operations/wipe.yml", long.replaceAll("long", "wipe").replace("type:", "danger: high, type:"));
  expect(await box.garza("run", "wipe", "--on", "far")).toMatchObject({
    exitCode: 77,
    stderr: expect.stringContaining("wipe is marked danger: high"),
  });
  expect((await box.garza("run", "hellp", "--on", "far")).stderr).toContain("hello");
  const wrong = await box.garza("run", "hello", "nam=x", "--on", "far");
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("nam")]);
  const plan = await box.garza("run", "hello", "--dry-run", "--on", "far");
  expect([plan.exitCode, plan.stdout]).toEqual([0, expect.stringContaining("greet")]);
  expect(await history(far)).toEqual([]);
}, 60_000);

test("an answer that was lost on the way is asked for again, and the operation runs once", async () => {
  await using here = await net(plain);
  const { box, far } = await served(here);
  const garza = join(far.folder, "bin/garza");
  rmSync(garza);
  // The third connection is the one that submits.
  const text = `#!/bin/sh
case " $* " in *" connect "*) echo >> ${far.folder}/connects ;; *) exec ${compiledProgram()} "$@" ;; esac
[ $(wc -l < ${far.folder}/connects) != 3 ] || { ${compiledProgram()} "$@" | head -c 0; exit 1; }
exec ${compiledProgram()} "$@"
`;
  writeFileSync(garza, text, { mode: 0o755 });
  const { exitCode, stderr } = await box.garza("run", "hello", "--on", "far");
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("hello succeeded")]);
  expect(stderr).not.toContain("before");
  expect(await history(far)).toHaveLength(1);
}, 60_000);

test("an agent there that leaves with the operation's end is not waited for", async () => {
  await using here = await net(plain);
  await here.far.write("operations/long.yml", long);
  const own = here.far.start("run", "long");
  await own.says("line 3");
  const run = here.box.start("run", "hello", "--on", "far");
  await run.says("op_");
  await here.far.write("go1", "");
  await here.far.write("go2", "");
  expect((await own.ended).exitCode).toBe(0);
  expect((await run.ended).exitCode).toBe(0);
}, 60_000);

test("one whose agent has left for good, with the operation's end, while the line was cut", async () => {
  await using here = await net(plain);
  const { agent, box, far } = await served(here);
  const run = box.start("run", "long", "--on", "far");
  await run.says("line 3");
  await here.sshd.stop();
  await run.says("out of reach");
  await far.write("go1", "");
  await far.write("go2", "");
  await agent.says("ended: success");
  agent.signal("SIGTERM");
  await agent.ended;
  await here.sshd.start();
  const { exitCode, stderr } = await run.ended;
  expect([exitCode, stderr]).toEqual([
    0,
    expect.stringMatching(/op_\w+ has ended: success\. What it said last: garza logs op_\w+ --on far/),
  ]);
}, 60_000);

/** The same host over a line that can be made bad. */
async function overBadLine(here: Net) {
  const proxy = await startProxy(here.sshd.port);
  here.home.trust({ port: proxy.port, hostKey: here.sshd.hostKey });
  const { box, far, sshd } = here;
  await box.write("infra/hosts.yml", plain({ ...sshd, port: proxy.port }, far));
  return proxy;
}

test("wherever the line is cut, it runs once, each line comes once, and the exit code is true", async () => {
  await using here = await net(plain);
  const { box, far } = await served(here);
  await far.write("go1", "");
  await far.write("go2", "");
  await using proxy = await overBadLine(here);
  await box.garza("run", "long", "--on", "far");
  const sizes = { sent: proxy.sent(), received: proxy.received() };
  let runs = 1;
  for (const way of ["sent", "received"] as const) {
    for (let part = 1; part <= 8; part++) {
      proxy.cutAfter(Math.round((sizes[way] * part) / 8.5), way);
      const { exitCode, stderr } = await box.garza("run", "long", "--on", "far");
      runs++;
      const lines = stderr.match(/line \d/g);
      expect([way, part, exitCode, lines, exitCode === 0 ? "" : stderr]).toEqual([way, part, 0, ["line 1", "line 2", "line 3", "line 4", "line 5"], ""]); // biome-ignore format: one row
    }
  }
  const all = JSON.parse((await far.garza("history", "--json", "--limit", "100")).stdout) as { status: string }[];
  expect(all.map(({ status }) => status)).toEqual(Array(runs).fill("success"));
}, 120_000);

test("a login shell that prints is no obstacle, nor a folder for sockets that is not there; files are read there", async () => {
  await using here = await net(plain);
  const { box, far } = await served(here);
  await far.write("../home/.bashrc", "echo WELCOME\n");
  await far.write("../home/.profile", "echo WELCOME\n");
  const greeted = await box.garza("run", "hello", "--on", "far");
  expect([greeted.exitCode, greeted.stderr]).toEqual([0, expect.stringContaining("hello succeeded")]);
  box.env.TMPDIR = "/nonexistent";
  expect((await box.garza("run", "hello", "--on", "far")).exitCode).toBe(0);
  delete box.env.TMPDIR;
  const file = join(here.far.folder, "name.txt");
  await far.write("../name.txt", "from there");
  const named = await box.garza("run", "hello", `name=@${file}`, "--on", "far");
  expect([named.exitCode, named.stderr]).toEqual([0, expect.stringContaining("hello from there")]);
  expect((await box.garza("run", `@${join(far.root, "operations/hello.yml")}`, "--on", "far")).exitCode).toBe(0);
}, 60_000);

test("a signal before it is accepted leaves nothing behind, and a cancel that found the line down comes through", async () => {
  await using here = await net(plain);
  const { box, far } = await served(here);
  await using proxy = await overBadLine(here);
  await box.write("../tmp/x", "");
  box.env.TMPDIR = join(box.folder, "tmp");
  proxy.silence();
  const early = box.start("run", "long", "--on", "far");
  await until(() => readdirSync(join(box.folder, "tmp")).some((name) => name.startsWith("garza-")));
  early.signal("SIGTERM");
  expect(await early.ended).toMatchObject({
    exitCode: 130,
    stderr: expect.stringContaining("left before anything was submitted on far"),
  });
  expect(readdirSync(join(box.folder, "tmp")).filter((name) => name.startsWith("garza-"))).toEqual([]);
  proxy.resume();

  const run = box.start("run", "long", "--on", "far");
  await run.says("line 3");
  proxy.refuse(true);
  proxy.cut();
  run.signal("SIGINT");
  await run.says("cancelling");
  await until(() => run.stderr().includes("out of reach"));
  proxy.refuse(false);
  const { exitCode, stderr } = await run.ended;
  expect([exitCode, stderr]).toEqual([6, expect.stringContaining("long was cancelled")]);
  expect(stderr).not.toContain("GarzaError");
  expect(stderr).toMatch(/garza status op_\w+ --on far/);
  expect(await history(far)).toMatchObject([{ status: "cancelled" }]);
}, 60_000);
