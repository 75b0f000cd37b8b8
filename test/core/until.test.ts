import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { childEnvironment } from "../../src/core/environment.ts";
import { stepToken } from "../../src/core/ids.ts";
import { readEvidence } from "../../src/core/process/evidence.ts";
import { membersOf, signalGroup } from "../../src/core/process/group.ts";
import { extendRun } from "../../src/core/process/until.ts";
import wrapper from "../../src/core/process/wrapper.sh" with { type: "text" };
import { attachProcess, type ProcessStart, startProcess } from "../../src/core/spawn.ts";
import { shells } from "../support/shells.ts";
import { sandbox, until } from "../support/temporary.ts";

const root = sandbox();
const env = childEnvironment({ PATH: process.env.PATH });
const farAway = () => Date.now() + 3_600_000;

const begin = (script: string, until?: number): ProcessStart => {
  const folder = join(root, "run", stepToken());
  const run = { script, interpreter: ["/bin/sh"] } as const;
  return { folder, run, directory: root, env, out: `${folder}.out`, err: `${folder}.err`, ...(until && { until }) };
};
const says = (file: string, text: string) => until(() => existsSync(file) && readFileSync(file, "utf8") === text);
const limitIn = (folder: string) => Number(readFileSync(join(folder, "until"), "utf8"));
/** Its time has passed, and it looks now rather than some seconds later: it does when it is continued. */
async function lapse(folder: string, group: number) {
  writeFileSync(join(folder, "until"), "1000000000\n");
  await until(() => existsSync(join(folder, "lapsed")) || !signalGroup(group, "SIGCONT"));
}
/** Its watcher would give the rest of the group some more seconds. */
async function sweepUp(group: number) {
  signalGroup(group, "SIGKILL");
  await until(() => membersOf(group).length === 0);
}

describe("a process with a time to live", () => {
  test("is ended when that has passed, and its record says so", async () => {
    const start = begin("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.02; done", farAway());
    const running = startProcess(start);
    await says(start.out, "ready\n");
    await lapse(start.folder, running.pid);
    const end = await running.exited;
    expect(end).toMatchObject({ exitCode: 7, signal: null, lapsed: true });
    expect(readFileSync(start.out, "utf8")).toBe("ready\nbye\n");
    expect(await readEvidence(start.folder)).toEqual({ state: "exited", exitCode: 7, lapsed: true });
    await sweepUp(running.pid);
  });

  test("is killed where it does not listen, with all of its group, and then has no exit code", async () => {
    const start = begin("trap '' TERM; sleep 71 & echo ready; while :; do sleep 0.02; done", farAway());
    const running = startProcess(start);
    await says(start.out, "ready\n");
    await lapse(start.folder, running.pid);
    expect(await running.exited).toEqual({ exitCode: null, signal: "SIGKILL", remaining: [], lapsed: true });
    expect(await readEvidence(start.folder)).toEqual({ state: "gone", lapsed: true });
    await until(() => membersOf(running.pid).length === 0);
  });

  test("goes on for as long as that is moved forward", async () => {
    const start = begin("echo ready; read line < go-on; exit 3", Date.now() + 2_000);
    await Bun.spawn(["mkfifo", join(root, "go-on")]).exited;
    const running = startProcess(start);
    const first = limitIn(start.folder);
    extendRun(start.folder, farAway());
    await says(start.out, "ready\n");
    await until(() => Date.now() / 1000 > first + 1);
    writeFileSync(join(root, "go-on"), "\n");
    expect(await running.exited).toEqual({ exitCode: 3, signal: null, remaining: [], lapsed: false });
  });

  test("that ends by itself leaves nobody behind who watched, and no lapse", async () => {
    const start = begin("exit 4", farAway());
    expect(await startProcess(start).exited).toEqual({ exitCode: 4, signal: null, remaining: [], lapsed: false });
    expect(readdirSync(start.folder).sort()).toEqual(["ended", "exit", "pid", "started", "wrapper"]);
    expect(await readEvidence(start.folder)).toEqual({ state: "exited", exitCode: 4, lapsed: false });
  });

  test("can be told to end like any other, and keeps its exit code", async () => {
    const start = begin("trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done", farAway());
    const running = startProcess(start);
    await says(start.out, "ready\n");
    expect(await running.terminate(20_000)).toEqual({ escaped: [] });
    expect(await running.exited).toEqual({ exitCode: 9, signal: null, remaining: [], lapsed: false });
  });

  test("looks at its time as soon as it is continued", async () => {
    const start = begin("echo ready; sleep 72", farAway());
    const running = startProcess(start);
    await says(start.out, "ready\n");
    process.kill(-running.pid, "SIGSTOP");
    await lapse(start.folder, running.pid);
    expect(await running.exited).toMatchObject({ exitCode: 143, lapsed: true });
    await sweepUp(running.pid);
  });

  test("is told as ended by its wrapper by whoever took it up later", async () => {
    const start = begin("trap '' TERM; echo ready; while :; do sleep 0.02; done", farAway());
    const running = startProcess(start);
    await says(start.out, "ready\n");
    const evidence = await readEvidence(start.folder);
    if (evidence.state !== "running") throw new Error(evidence.state);
    const attached = attachProcess(evidence.handle, start);
    await lapse(start.folder, running.pid);
    expect(await attached.exited).toMatchObject({ exitCode: null, signal: "SIGKILL", lapsed: true });
    await running.exited;
  });
});

describe("moving the time forward", () => {
  test("is in whole seconds, and never goes back", () => {
    const folder = join(root, "moved");
    mkdirSync(folder);
    writeFileSync(join(folder, "until"), "1000\n");
    extendRun(folder, 2_000_999);
    extendRun(folder, 1_500_000);
    expect(readFileSync(join(folder, "until"), "utf8")).toBe("2000\n");
  });

  test("does nothing where there is no such time, or no process any more", () => {
    const folder = join(root, "without");
    mkdirSync(folder);
    extendRun(folder, farAway());
    extendRun(join(root, "no-such-run"), farAway());
    expect([readdirSync(folder), existsSync(join(root, "no-such-run"))]).toEqual([[], false]);
  });
});

describe.each(Object.entries(shells).filter(([, [shell]]) => Bun.which(shell)))("the wrapper under %s", (_, shell) => {
  function wrap(script: string, seconds: number | undefined) {
    const folder = join(root, "wrapped", stepToken());
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "wrapper"), wrapper);
    if (seconds !== undefined) writeFileSync(join(folder, "until"), `${seconds}\n`);
    const token = folder.slice(folder.lastIndexOf("/") + 1);
    const argv = [...shell, join(folder, "wrapper"), token, "/bin/sh", "-c", script];
    const child = Bun.spawn(argv, { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    return { folder, child, at: (name: string) => existsSync(join(folder, name)) };
  }
  const soon = Math.floor(Date.now() / 1000) + 3_600;

  test.each([undefined, soon])("records the end, and leaves nobody (until %p)", async (seconds) => {
    const { child, folder } = wrap("echo out; echo err >&2; exit 5", seconds);
    expect([await child.stdout.text(), await child.stderr.text(), await child.exited]).toEqual(["out\n", "err\n", 5]);
    expect(membersOf(child.pid)).toEqual([]);
    expect(await readEvidence(folder)).toEqual({ state: "exited", exitCode: 5, lapsed: false });
  });

  test("leaves nobody either when its program ends while its watcher is only beginning", async () => {
    for (let time = 0; time < 20; time++) {
      const { child } = wrap("exit 5", soon);
      expect([await child.exited, membersOf(child.pid)]).toEqual([5, []]);
    }
  });

  test("keeps watching when its program signals all of the group, and then ends it in time", async () => {
    const signals = "trap : HUP INT TERM USR1; for s in HUP INT TERM USR1; do kill -$s 0; done";
    const script = `${signals}; trap 'exit 8' TERM; echo on; while :; do sleep 0.02; done`;
    const { child, folder, at } = wrap(script, soon);
    expect(new TextDecoder().decode((await child.stdout.getReader().read()).value)).toBe("on\n");
    await lapse(folder, child.pid);
    expect(await child.exited).toBe(8);
    expect([at("lapsed"), at("until"), at("ended")]).toEqual([true, false, false]);
    expect(await readEvidence(folder)).toEqual({ state: "exited", exitCode: 8, lapsed: true });
    await sweepUp(child.pid);
  });
});
