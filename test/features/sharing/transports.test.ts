/** The real program with a repository that is reached over ssh, or HTTP: what it does, and what it tells. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { canTrace } from "../../faults/rig.ts";
import { startHttpGit } from "../../support/http-git.ts";
import { compiledProgram, type Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";
import { openTransport, type Transport } from "../../support/transports.ts";

const files = {
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { app: web, version: "1" }
steps:
  - { type: lock, name: lock, resource: apps, wait: 30 }
  - { type: state_update, name: set, file: deployments.json, updates: { ".\${app}": "\${version}" } }
  - { type: unlock, name: unlock, resource: apps }
`,
};

async function ok(box: Sandbox, ...args: string[]) {
  const ended = await box.garza(...args);
  expect([args, ended.exitCode, ended.exitCode === 0 ? "" : ended.stderr]).toEqual([args, 0, ""]);
  return ended.stdout;
}

const state = async (at: Machines) => JSON.parse(await at.shared("show", "main:infra/state/deployments.json"));

describe.each(["ssh", "http"] as const)("over %s", (name) => {
  let over: Transport;
  beforeAll(async () => {
    over = await openTransport(name);
  });
  afterAll(() => over[Symbol.asyncDispose]());

  test("a lock by hand goes to and fro, and every machine sees it and what became of it", async () => {
    await using at = await machines(2, { over });
    const [one, two] = at.all as [Sandbox, Sandbox];
    expect(await ok(one, "lock", "acquire", "db", "--reason", "disk swap")).toBe("1\n");
    expect(await ok(two, "lock", "list")).toStartWith("db  shared  tester@");
    expect(await ok(two, "lock", "show", "db")).toContain("reason      disk swap");
    expect((await two.garza("lock", "acquire", "db")).exitCode).toBe(5);
    expect(await ok(one, "lock", "release", "db")).toBe("lock db is free\n");
    expect(await ok(two, "lock", "acquire", "db")).toBe("2\n");
    expect(await ok(two, "lock", "release", "db")).toBe("lock db is free\n");
    const { transitions } = JSON.parse(await ok(one, "lock", "history", "db", "--json"));
    expect(transitions.map(({ verb, token }: Record<string, unknown>) => `${verb} ${token}`)).toEqual([
      "release 2",
      "acquire 2",
      "release 1",
      "acquire 1",
    ]);
  }, 60_000);

  test("two machines that run at the same time change the same state one after the other, and the doctor is content", async () => {
    await using at = await machines(2, { files, over });
    const [one, two] = at.all as [Sandbox, Sandbox];
    await Promise.all([ok(one, "run", "set"), ok(two, "run", "set", "app=api", "version=2")]);
    expect(await state(at)).toEqual({ web: "1", api: "2" });
    expect(await at.shared("log", "-1", "--format=%s", "refs/garza/locks/apps")).toStartWith("release apps #2.");
    expect((await one.garza("doctor")).stdout).toMatch(/^ok +remote .*takes locks, and state together with them$/m);
  }, 60_000);

  test("while it can't be reached nothing is taken, what is released is owed, and both are told", async () => {
    await using at = await machines(1, { files, over });
    const [one] = at.all as [Sandbox];
    await ok(one, "lock", "acquire", "db");
    over.away(at.remote);
    const [acquired, run, listed, released, doctor] = [
      await one.garza("lock", "acquire", "other"),
      await one.garza("run", "set"),
      await one.garza("lock", "list"),
      await one.garza("lock", "release", "db"),
      (await one.garza("doctor")).stdout,
    ];
    over.back(at.remote);
    expect([acquired.exitCode, acquired.stdout, acquired.stderr]).toEqual([
      69,
      "",
      expect.stringMatching(/the remote origin \(.*\) can't be reached: .+\n.*--offline/),
    ]);
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining("can't be reached")]);
    expect([listed.exitCode, listed.stdout, listed.stderr]).toEqual([
      69,
      expect.stringContaining("db  shared  tester@"),
      expect.stringContaining("only what is known here"),
    ]);
    expect([released.exitCode, released.stderr]).toEqual([
      0,
      expect.stringContaining("other machines learn of it as soon as they can be told"),
    ]);
    expect(doctor).toMatch(/^warn +remote .*can't be reached now: .*\n +-> .*git ls-remote/m);
    await ok(one, "run", "set");
    expect([await ok(one, "lock", "list"), await state(at)]).toEqual(["", { web: "1" }]);
  }, 60_000);
});

test("a host whose key is not known is told so by the doctor and by who wants a lock, with what to do", async () => {
  await using over = await openTransport("ssh");
  await using at = await machines(1, { over });
  const [one] = at.all as [Sandbox];
  const { GIT_SSH_COMMAND = "" } = over.env;
  one.env.GIT_SSH_COMMAND = GIT_SSH_COMMAND.replace(/UserKnownHostsFile=\S+/, "UserKnownHostsFile=/dev/null");
  const remedy = "git ls-remote shows the fingerprint and asks";
  const { exitCode, stderr } = await one.garza("lock", "acquire", "db");
  const told = new RegExp(`Host key verification failed\\.\n.*${remedy}`);
  expect([exitCode, stderr]).toEqual([69, expect.stringMatching(told)]);
  expect((await one.garza("doctor")).stdout).toMatch(
    new RegExp(`^FAIL +remote .*can't be told from another: Host key verification failed\\.\n +-> .*${remedy}`, "m"),
  );
}, 60_000);

test.skipIf(!canTrace)(
  "a password in the remote's address is in no argument, no text and no file of ours",
  async () => {
    const password = "hunter2-of-ours";
    await using server = await startHttpGit({ [`writer:${password}`]: "push" });
    const at127 = (login: string, path: string) => `http://${login}@127.0.0.1:${server.port}${path}`;
    await using at = await machines(1, { files, over: { url: (path) => at127(`writer:${password}`, path), env: {} } });
    const [one] = at.all as [Sandbox];
    const log = join(one.folder, "arguments");
    const tracer = ["-f", "--seccomp-bpf", "-A", "-o", log, "-e", "trace=execve", "-s", "9999", compiledProgram()];
    const traced = (...args: string[]) => one.run("strace", ...tracer, ...args);

    const said = [await traced("run", "set"), await traced("lock", "acquire", "db"), await traced("doctor")];
    expect([said[0]?.exitCode, said[1]?.exitCode, await state(at)]).toEqual([0, 0, { web: "1" }]);
    await at.git(one, "remote", "set-url", "origin", at127(`writer:${password}-no-more`, at.remote));
    said.push(await traced("lock", "acquire", "other"), await traced("lock", "list"), await traced("doctor"));
    expect(said.slice(3).map(({ exitCode, stdout, stderr }) => [exitCode, stdout + stderr])).toEqual([
      [69, expect.stringContaining("Authentication failed")],
      [69, expect.stringContaining("Authentication failed")],
      [1, expect.stringContaining("does not let us push: Authentication failed")],
    ]);

    const started = await readFile(log, "utf8");
    expect(started).toMatch(/"remote-http", "shared", "http:\/\/127\.0\.0\.1/);
    expect([started, JSON.stringify(said)].filter((text) => text.includes(password))).toEqual([]);
    const found = await one.run("grep", "-rlaF", password, one.folder);
    expect(found.stdout).toBe(`${join(one.root, ".git/config")}\n`);
  },
  60_000,
);
