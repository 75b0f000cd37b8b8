/** Shared locks against all that can go wrong, with the real program on several clones. */
import { expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";
import { until } from "../../support/temporary.ts";

const head = (name: string) => `operation: { name: ${name}, type: maintain, description: A test }\n`;

const files = {
  "garza.yml": "locks: { ttl: 6s, grace: 1s, max_skew: 1h }\n",
  "operations/hold.yml": `${head("hold")}parameters: { wait: 0, ttl: 6 }
steps:
  - { type: lock, name: lock, resource: db, wait: "\${wait}", ttl: "\${ttl}" }
  - type: command
    name: work
    command: "echo begun $GARZA_FENCE >> $HOME/../ran; while ! [ -e $HOME/../go ]; do sleep 0.05; done; echo ended >> $HOME/../ran"
  - { type: command, name: after, command: "echo after >> $HOME/../ran" }
  - { type: unlock, name: unlock, resource: db }
rollback:
  on_failure:
    - { type: command, name: undo, command: "echo undone >> $HOME/../ran" }
`,
};

const ran = (box: Sandbox) => readFile(join(box.folder, "ran"), "utf8").catch(() => "");
const go = (box: Sandbox) => writeFile(join(box.folder, "go"), "");
const document = async (box: Sandbox, id: string) => JSON.parse((await box.garza("status", id, "--json")).stdout);
const idIn = (text: string) => /op_\w{18}/.exec(text)?.[0] ?? "";
/** Waits for a file's text: what another process writes in its own time. */
const hasRun = async (box: Sandbox, text: string) => {
  let seen = "";
  await until(() => {
    void ran(box).then((now) => {
      seen = now;
    });
    return seen.includes(text);
  });
};
const lastOf = (at: Machines) => at.shared("log", "-1", "--format=%s", "refs/garza/locks/db");

test("a holder that was stopped past its time is taken over; it wakes up, stops, rolls nothing back, and can later", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  const first = a.start("run", "hold");
  await hasRun(a, "begun 1");
  first.signal("SIGSTOP");
  await go(b);
  const second = await b.garza("run", "hold", "wait=60", "ttl=600");
  expect([second.exitCode, await ran(b)]).toEqual([0, "begun 2\nended\nafter\n"]);
  first.signal("SIGCONT");
  const { exitCode, stderr, stdout } = await first.ended;
  expect(exitCode).not.toBe(0);
  const id = idIn(stdout + stderr);
  const { status, reason, rollback, attention } = await document(a, id);
  expect([status, reason, rollback]).toEqual(["failed", "lock_lost", "none"]);
  expect(attention).toContain(`garza queue rollback ${id}`);
  // Its command was ended, too, by its wrapper: nobody had moved its time forward.
  expect(await ran(a)).toBe("begun 1\n");
  expect(await lastOf(at)).toStartWith("release db #2");

  expect(await a.garza("queue", "rollback", id)).toMatchObject({ exitCode: 0 });
  await a.garza("queue", "process", "1", "--until-empty");
  expect(await ran(a)).toBe("begun 1\nundone\n");
  expect(await lastOf(at)).toStartWith("release db #3");
}, 120_000);

test("an agent that dies leaves a command that ends by itself, so that the next holder is alone", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  const first = a.start("run", "hold");
  await hasRun(a, "begun 1");
  first.signal("SIGKILL");
  await first.ended;
  await go(b);
  expect((await b.garza("run", "hold", "wait=60", "ttl=600")).exitCode).toBe(0);
  // It would go on now, if it were there.
  await go(a);
  expect(await ran(b)).toBe("begun 2\nended\nafter\n");

  // Somebody else had the lock meanwhile: a person is asked, once.
  await a.garza("queue", "process", "1", "--until-empty");
  const id = idIn((await a.garza("history", "--json")).stdout);
  expect(await document(a, id)).toMatchObject({ status: "interrupted", reason: "lock_moved" });
  await a.garza("queue", "resume", id);
  await a.garza("queue", "process", "1", "--until-empty");
  const after = await document(a, id);
  expect([after.status, await ran(a)]).toEqual(["failed", "begun 1\nundone\n"]);
  expect(await lastOf(at)).toStartWith("release db #");
}, 120_000);

test("an agent that comes back in time renews the lock and carries on; the command is not run again", async () => {
  await using at = await machines(1, { files: { ...files, "garza.yml": "locks: { ttl: 10m }\n" } });
  const [a] = at.all as [Sandbox];
  await a.write("operations/hold.yml", files["operations/hold.yml"].replace(', ttl: "${ttl}"', ""));
  const first = a.start("run", "hold");
  await hasRun(a, "begun 1");
  first.signal("SIGKILL");
  await first.ended;
  const next = a.start("queue", "process", "1", "--until-empty");
  await next.says("carrying on");
  await go(a);
  expect((await next.ended).exitCode).toBe(0);
  expect(await ran(a)).toBe("begun 1\nended\nafter\n");
  expect(await at.shared("log", "--format=%s", "refs/garza/locks/db")).toContain("renew db #1.1");
  expect(await lastOf(at)).toStartWith("release db #1");
}, 60_000);

test("who can't reach the remote stops in time, and says why", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  const run = a.start("run", "hold");
  await hasRun(a, "begun 1");
  await Bun.$`mv ${at.remote} ${at.remote}.away`.quiet();
  const { exitCode, stderr, stdout } = await run.ended;
  expect(exitCode).not.toBe(0);
  const { status, reason } = await document(a, idIn(stdout + stderr));
  expect([status, reason]).toEqual(["failed", "lock_lost"]);
  expect(await ran(a)).toBe("begun 1\n");
  // The lock is given back as soon as it can be.
  await Bun.$`mv ${at.remote}.away ${at.remote}`.quiet();
  await a.garza("queue", "process", "1", "--until-empty");
  expect(await lastOf(at)).toStartWith("release db #1");
}, 60_000);

test("what the clone's configuration and hooks would start is not started, and odd names are only names", async () => {
  await using at = await machines(1, { files });
  const [a] = at.all as [Sandbox];
  await a.program("monitor", "echo started >> $HOME/../started");
  await at.git(a, "config", "core.fsmonitor", join(a.folder, "bin/monitor"));
  await at.git(a, "config", "core.hooksPath", join(a.folder, "bin"));
  for (const hook of ["pre-push", "post-checkout", "reference-transaction"])
    await a.program(hook, "echo x >> $HOME/../started");
  for (const name of [
    "../x",
    "x.lock",
    "a/b",
    "A",
    "ü",
    "con",
    "-x",
    "@{0}",
    "%20",
    "x".repeat(300),
    "a b;$(touch pwned)",
  ]) {
    const taken = await a.garza("lock", "acquire", "--", name);
    expect([name, taken.exitCode, taken.exitCode === 0 ? "" : taken.stderr]).toEqual([name, 0, ""]);
    expect((await a.garza("lock", "release", "--", name)).exitCode).toBe(0);
  }
  expect(await readFile(join(a.folder, "started"), "utf8").catch(() => "")).toBe("");
  await at.git(a, "config", "remote.origin.url", `ext::sh -c 'touch ${a.folder}/pwned'`);
  expect((await a.garza("lock", "acquire", "db")).exitCode).toBe(69);
  expect(await Bun.file(join(a.folder, "pwned")).exists()).toBe(false);
  expect(await Bun.file(join(a.root, "pwned")).exists()).toBe(false);
}, 60_000);

test("by force exactly what was shown is taken, and its holder stops", async () => {
  await using at = await machines(2, { files });
  const [a, b] = at.all as [Sandbox, Sandbox];
  const run = a.start("run", "hold");
  await hasRun(a, "begun 1");
  const shown = await b.garza("lock", "show", "db");
  expect(shown.stdout).toContain("lock db is held");
  expect((await b.garza("lock", "release", "db")).exitCode).toBe(5);
  expect((await b.garza("lock", "release", "db", "--force")).exitCode).toBe(77);
  expect((await b.garza("lock", "release", "db", "--force", "--yes", "--reason", "a test")).exitCode).toBe(0);
  expect((await run.ended).exitCode).not.toBe(0);
  expect(await ran(a)).toBe("begun 1\n");
  expect((await b.garza("lock", "history", "db")).stdout).toContain("a test");
}, 60_000);
