import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { childEnvironment } from "../../src/core/environment.ts";
import { tryLockFile } from "../../src/core/flock.ts";
import { stepToken } from "../../src/core/ids.ts";
import { exitCode as exitCodeOf, GarzaError } from "../../src/core/problem.ts";
import { readEvidence, readPid, removeRunFolder } from "../../src/core/process/evidence.ts";
import { identify } from "../../src/core/process/identity.ts";
import { attachProcess, type ProcessStart, startProcess } from "../../src/core/spawn.ts";
import { sandbox, until } from "../support/temporary.ts";

const root = sandbox();
const env = childEnvironment({ PATH: process.env.PATH, HOME: "/h" });

type Wanted = Partial<ProcessStart> & Pick<ProcessStart, "run">;
const begin = (wanted: Wanted): ProcessStart => {
  const folder = join(root, "run", stepToken());
  return { folder, directory: root, env, out: `${folder}.out`, err: `${folder}.err`, ...wanted };
};
type Interpreter = [string, ...string[]];
const script = (text: string, interpreter: Interpreter = ["/bin/sh"]) => ({ run: { script: text, interpreter } });

async function finish(start: ProcessStart) {
  const end = await startProcess(start).exited;
  return { ...end, out: readFileSync(start.out, "utf8"), err: readFileSync(start.err, "utf8") };
}

function problemFrom(act: () => unknown) {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof GarzaError) return thrown.problem;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

describe("a program", () => {
  test("has its output in two files, its environment, directory and standard input, and its exit code is known", async () => {
    const start = begin({ ...script('echo "$HOME $(pwd) $(cat)"; echo bad >&2; exit 3'), stdin: "in\nput" });
    expect(await finish(start)).toEqual({
      exitCode: 3,
      signal: null,
      remaining: [],
      lapsed: false,
      out: `/h ${root} in\nput\n`,
      err: "bad\n",
    });
  });

  test("finds every variable of its environment as it was given, whatever its name", async () => {
    const names = ["token", "folder", "status", "stat", "start", "boot", "left", "now", "limit"];
    const own = Object.fromEntries(names.map((name) => [name, `my ${name}`]));
    const argv = ["sh", "-c", 'for name; do eval "echo \\"\\$$name\\""; done', "_", ...names] as const;
    const start = begin({ run: { argv }, env: { ...env, ...own }, until: Date.now() + 60_000 });
    expect((await finish(start)).out).toBe(names.map((name) => `my ${name}\n`).join(""));
  });

  test("given as arguments gets them as they are, and an empty standard input", async () => {
    const argv = ["sh", "-c", 'printf "<%s>" "$@"; wc -c', "_", "a b", "", "$(id)", "'\"\\"] as const;
    const { out, exitCode } = await finish(begin({ run: { argv } }));
    expect([out.replace(/ +/g, ""), exitCode]).toEqual(["<ab><><$(id)><'\"\\>0\n", 0]);
  });

  test.each(["dash", "bash", "busybox", "mksh", "ksh", "yash", "zsh"].filter((shell) => Bun.which(shell)))(
    "may be a script for %s, which sees nothing of how it got there",
    async (shell) => {
      const interpreter: [string, ...string[]] = shell === "busybox" ? [shell, "sh"] : [shell];
      const start = begin(script("x=1\n{ true <&9; } 2>/dev/null || echo closed\nexit 5", interpreter));
      const { out, exitCode } = await finish(start);
      expect([out, exitCode]).toEqual(["closed\n", 5]);
    },
  );

  test("that a signal ends has 128 and its number, and the shell's own word for it is not in the output", async () => {
    const { out, err, exitCode } = await finish(begin(script("kill -TERM $$")));
    expect([out, err, exitCode]).toEqual(["", "", 143]);
  });

  test("starts with its signals as they should be, not with those that the wrapper catches", async () => {
    const { exitCode } = await finish(begin({ run: { argv: ["sh", "-c", "kill -HUP $$; exit 1"] } }));
    expect(exitCode).toBe(129);
  });

  test("has its output appended to what is there", async () => {
    const first = begin(script("echo 1"));
    await finish(first);
    const { out } = await finish({ ...begin(script("echo 2")), out: first.out });
    expect(out).toBe("1\n2\n");
  });

  test("may write NULs and bytes that are no text", async () => {
    const start = begin(script("printf 'a\\000b\\377'"));
    await finish(start);
    expect([...readFileSync(start.out)]).toEqual([97, 0, 98, 255]);
  });
});

describe("the run folder", () => {
  test("is closed to others, and holds no script or standard input once they are open", async () => {
    const start = begin({
      ...script("echo ready; read line < go; exit 4"),
      stdin: "secret",
      directory: join(root, "gate"),
    });
    mkdirSync(start.directory);
    await Bun.spawn(["mkfifo", join(start.directory, "go")]).exited;
    const running = startProcess(start);
    await until(() => existsSync(start.out) && readFileSync(start.out, "utf8") === "ready\n");
    expect(statSync(start.folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(start.folder).sort()).toEqual(["pid", "started", "wrapper"]);
    expect(readFileSync(`/proc/${running.pid}/cmdline`, "utf8")).not.toContain("ready");
    expect(await readEvidence(start.folder)).toEqual({ state: "running", handle: running.handle });
    expect(readPid(start.folder)).toEqual(identify(running.pid));

    writeFileSync(join(start.directory, "go"), "\n");
    expect((await running.exited).exitCode).toBe(4);
    expect(await readEvidence(start.folder)).toEqual({ state: "exited", exitCode: 4, lapsed: false });
    removeRunFolder(start.folder);
    expect(existsSync(start.folder)).toBe(false);
  });

  test("that was never started is evidence, again and again, and a late wrapper then runs nothing", async () => {
    const start = begin(script("echo ran"));
    mkdirSync(start.folder, { recursive: true });
    for (let recovery = 1; recovery <= 3; recovery++) {
      expect(await readEvidence(start.folder)).toEqual({ state: "never-started" });
    }
    const thrown = await startProcess(start).exited.catch((cause: unknown) => cause);
    expect(thrown).toBeInstanceOf(GarzaError);
    expect(readFileSync(start.out, "utf8")).toBe("");
  });

  test("of a process that is gone without a record says so", async () => {
    const start = begin(script("sleep 60"));
    const running = startProcess(start);
    await until(() => readPid(start.folder) !== undefined);
    process.kill(-running.pid, "SIGKILL");
    expect(await running.exited).toEqual({ exitCode: null, signal: "SIGKILL", remaining: [], lapsed: false });
    expect(await readEvidence(start.folder)).toEqual({ state: "gone", lapsed: false });
  });

  test("of a process whose pid is another's by now is not taken for running", async () => {
    const start = begin(script("exit 0"));
    mkdirSync(join(start.folder, "started"), { recursive: true });
    const self = identify(process.pid);
    writeFileSync(join(start.folder, "pid"), `${process.pid}\n${Number(self?.start) + 1}\n${self?.boot}\n`);
    expect(await readEvidence(start.folder)).toEqual({ state: "gone", lapsed: false });
  });

  test("is never used twice", async () => {
    const start = begin(script("exit 0"));
    await finish(start);
    expect(problemFrom(() => startProcess(start)).kind).toBe("input-output");
  });
});

describe("a process that outlives its agent", () => {
  test("is found by its folder, followed to its end, and its exit code is the true one", async () => {
    const start = begin({ ...script("read line < go2; exit 6") });
    await Bun.spawn(["mkfifo", join(root, "go2")]).exited;
    const agent = Bun.spawn(
      [
        process.execPath,
        "-e",
        `import { startProcess } from ${JSON.stringify(join(import.meta.dir, "../../src/core/spawn.ts"))};
         const { pid } = startProcess(${JSON.stringify(start)});
         process.stdout.write(String(pid));
         process.kill(process.pid, "SIGKILL");`,
      ],
      { stdout: "pipe" },
    );
    const pid = Number(await agent.stdout.text());
    await until(() => readPid(start.folder)?.pid === pid);
    const evidence = await readEvidence(start.folder);
    if (evidence.state !== "running") throw new Error(evidence.state);
    const attached = attachProcess(evidence.handle, start);
    writeFileSync(join(root, "go2"), "\n");
    expect(await attached.exited).toEqual({ exitCode: 6, signal: null, remaining: [], lapsed: false });
  });
});

describe("ending a process", () => {
  test("is by SIGTERM, and what it does then counts", async () => {
    const start = begin(script("trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.02; done"));
    const running = startProcess(start);
    await until(() => existsSync(start.out) && readFileSync(start.out, "utf8") === "ready\n");
    expect(await running.terminate(10_000)).toEqual({ escaped: [] });
    expect((await running.exited).exitCode).toBe(9);
    expect(readFileSync(start.out, "utf8")).toBe("ready\nbye\n");
    expect(await readEvidence(start.folder)).toEqual({ state: "exited", exitCode: 9, lapsed: false });
  });

  test("is by SIGKILL where SIGTERM is ignored, and reaches every child in the group", async () => {
    const start = begin(script("trap '' TERM; sleep 61 & sleep 62 & echo ready; wait; wait"));
    const running = startProcess(start);
    await until(() => existsSync(start.out) && readFileSync(start.out, "utf8") === "ready\n");
    expect(await running.terminate(30)).toEqual({ escaped: [] });
    expect(await running.exited).toEqual({ exitCode: null, signal: "SIGKILL", remaining: [], lapsed: false });
  });

  test("works on one that is stopped", async () => {
    const start = begin(script("echo ready; sleep 60"));
    const running = startProcess(start);
    await until(() => existsSync(start.out) && readFileSync(start.out, "utf8") === "ready\n");
    process.kill(-running.pid, "SIGSTOP");
    expect(await running.terminate(10_000)).toEqual({ escaped: [] });
    expect((await running.exited).exitCode).toBe(143);
  });

  test("reports what got away into a session of its own, also when its parent is long gone", async () => {
    const start = begin(script("(setsid sh -c 'echo $$; exec sleep 63' &); sleep 64"));
    const running = startProcess(start);
    await until(() => existsSync(start.out) && readFileSync(start.out, "utf8").endsWith("\n"));
    const { escaped } = await running.terminate(10_000);
    for (const pid of escaped) process.kill(pid, "SIGKILL");
    expect(escaped).toEqual([Number(readFileSync(start.out, "utf8"))]);
  });

  test("is not waited for by output that a grandchild holds open, which is only reported", async () => {
    const running = startProcess(begin(script("sleep 65 & exit 0")));
    const { exitCode, remaining } = await running.exited;
    expect([exitCode, remaining.length]).toEqual([0, 1]);
    expect(await running.terminate(10_000)).toEqual({ escaped: [] });
  });
});

describe("what can't be started is said so", () => {
  test("a directory that is not there is named, not the program", () => {
    expect(problemFrom(() => startProcess(begin({ ...script("exit"), directory: join(root, "nowhere") })))).toEqual({
      kind: "configuration",
      where: `directory ${join(root, "nowhere")}`,
      message: "there is no such folder",
    });
    const file = join(root, "file");
    writeFileSync(file, "");
    expect(problemFrom(() => startProcess(begin({ ...script("exit"), directory: file })))).toMatchObject({
      message: "it is not a folder",
    });
  });

  test("a program or interpreter that is not on the PATH it would get", () => {
    const missing = { kind: "program-missing", program: "no-such-program" };
    expect(problemFrom(() => startProcess(begin({ run: { argv: ["no-such-program"] } })))).toMatchObject(missing);
    expect(problemFrom(() => startProcess(begin(script("exit", ["no-such-program"]))))).toMatchObject(missing);
    expect(
      problemFrom(() => startProcess(begin({ ...script("exit", ["bash"]), env: { PATH: "/nowhere" } }))),
    ).toMatchObject({
      program: "bash",
    });
  });

  test("a run folder or output file that can't be made", () => {
    const file = join(root, "in-the-way");
    writeFileSync(file, "");
    expect(problemFrom(() => startProcess(begin({ ...script("exit"), folder: join(file, "run") }))).kind).toBe(
      "input-output",
    );
    expect(problemFrom(() => startProcess(begin({ ...script("exit"), out: join(file, "out") }))).kind).toBe(
      "input-output",
    );
  });

  test("a machine without file descriptors is to blame, not the step", async () => {
    const start = begin(script("exit"));
    const code = `import { openSync } from "node:fs";
      import { startProcess } from ${JSON.stringify(join(import.meta.dir, "../../src/core/spawn.ts"))};
      try { for (;;) openSync("/dev/null", "r"); } catch {}
      try { startProcess(${JSON.stringify(start)}); } catch (e) { console.log(JSON.stringify(e.problem)); }
      process.exit(0);`;
    const agent = Bun.spawn(["sh", "-c", 'ulimit -n 64; exec "$@"', "_", process.execPath, "-e", code], {
      stdout: "pipe",
    });
    const problem = JSON.parse(await agent.stdout.text());
    expect(problem.kind).toBe("machine-exhausted");
    expect(exitCodeOf(problem)).toBe(75);
  });
});

describe("a lock that is inherited", () => {
  test("lives as long as the process, but is not passed on to what the program leaves behind", async () => {
    const lock = tryLockFile(join(root, "tree.lock"));
    if (!lock) throw new Error("taken");
    await Bun.spawn(["mkfifo", join(root, "go3")]).exited;
    const running = startProcess(begin({ ...script("sleep 66 & read line < go3"), inheritFd: lock.fd }));
    lock.release();
    expect(tryLockFile(join(root, "tree.lock"))).toBeUndefined();
    writeFileSync(join(root, "go3"), "\n");
    await running.exited;
    const again = tryLockFile(join(root, "tree.lock"));
    expect(again).toBeDefined();
    again?.release();
    await running.terminate(0);
  });
});
