/** A day with three machines on one repository: what can happen in it, at once, and what has to be true in the evening. */
import { expect, test } from "bun:test";
import { readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "../../support/sandbox.ts";
import { faultsOf } from "../../support/shared-audit.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";
import { until } from "../../support/temporary.ts";

/** `more`: further keys. */
const lock = (more = "") => `{ type: lock, name: lock, resource: "app-\${app}", wait: 90${more} }`;
const record = `{ type: state_update, name: record, file: deployments.json, updates: { ".apps.\${app}": "\${version}" } }`;
const head = (name: string) =>
  `operation: { name: ${name}, type: deploy, description: A test }\nparameters: { app: web, version: "", place: "" }\n`;

const files = {
  "garza.yml": "locks: { grace: 1s, max_skew: 1h }\nstate: { publish_interval: 1s }\n",
  // O_EXCL tells of two at once, whatever the locks say.
  "operations/deploy.yml": `${head("deploy")}steps:
  - ${lock()}
  - type: command
    name: alone
    command: "set -C; : > \${place}/\${app}.now || echo two >> \${place}/faults; sleep 0.05; rm -f \${place}/\${app}.now; set +C; echo \${app} \${version} >> \${place}/done"
  - ${record}
  - { type: unlock, name: unlock, resource: "app-\${app}" }
`,
  "operations/long.yml": `${head("long")}steps:
  - ${lock(", ttl: 15")}
  - ${record}
  - { type: command, name: work, command: "echo \${app} >> \${place}/begun; while ! test -e \${place}/go; do sleep 0.05; done; echo \${app} \${version} >> \${place}/done" }
  - { type: unlock, name: unlock, resource: "app-\${app}" }
`,
  "infra/state/deployments.json": '{"apps": {"web": "0"}, "by": "hand"}\n',
  "notes.txt": "1\n",
  "plan.txt": "1\n",
};

const lines = (file: string) => {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
};

/** The remote as this machine reaches it: what only it can be cut from. */
async function ownLine(at: Machines, box: Sandbox) {
  const line = join(box.folder, "line");
  symlinkSync(at.remote, line);
  await at.git(box, "remote", "set-url", "origin", line);
  return { cut: () => unlinkSync(line), mend: () => symlinkSync(at.remote, line) };
}

async function startAgent(box: Sandbox) {
  const agent = box.start("agent");
  await agent.says("ready:");
  return agent;
}

/** An agent brings the tree up to date now and then, and git does not wait for another git: a person does it again. */
async function byHand(at: Machines, box: Sandbox, ...args: string[]): Promise<void> {
  for (;;) {
    try {
      return void (await at.git(box, ...args));
    } catch (thrown) {
      if (!/index\.lock|cannot lock ref|unstaged changes|uncommitted changes/.test(String(thrown))) throw thrown;
      await Bun.sleep(50);
    }
  }
}

const deploy = (box: Sandbox, place: string, app: string, version: string) =>
  box.garza("run", "deploy", `app=${app}`, `version=${version}`, `place=${place}`);

const stateOf = async (box: Sandbox, id: string) => {
  const { status, reason } = JSON.parse((await box.garza("status", id, "--json")).stdout) as Record<string, string>;
  return { status, reason };
};

test("three machines deploy; one dies, one is cut off, a person commits: in the evening all is as the operations say", async () => {
  await using at = await machines(3, { files });
  const [a, b, c] = at.all as [Sandbox, Sandbox, Sandbox];
  const place = a.folder;
  const done = join(place, "done");
  const [line] = await Promise.all(at.all.map((box) => ownLine(at, box)));
  const [agentA, agentB, agentC] = await Promise.all(at.all.map(startAgent));

  // The same app from everywhere, and one of its own each.
  const rounds = await Promise.all(
    at.all.flatMap((box, machine) =>
      [1, 2].flatMap((round) => ["web", `own${machine}`].map((app) => deploy(box, place, app, `m${machine}-${round}`))),
    ),
  );
  expect(rounds.map(({ exitCode, stderr }) => (exitCode === 0 ? "" : stderr)).filter(Boolean)).toEqual([]);
  expect(lines(done)).toHaveLength(12);

  // A person works in two of the clones.
  await c.write("notes.txt", "2\n");
  await byHand(at, c, "commit", "-q", "-m", "By hand", "notes.txt");
  // Others may publish between the two: a person does it again.
  for (let isPushed = false; !isPushed; ) {
    await byHand(at, c, "pull", "-q", "--rebase");
    isPushed = await at.git(c, "push", "-q").then(
      () => true,
      () => false,
    );
  }
  await b.write("plan.txt", "mine\n");
  await b.write("staged.txt", "mine\n");
  await byHand(at, b, "add", "staged.txt");

  // One dies while it holds a lock, another one is cut off; the third one needs what they have.
  const long = (box: Sandbox, app: string) =>
    box.garza("run", "long", `app=${app}`, "version=lost", `place=${place}`, "--detach", "--json");
  const [cutOff, killed] = (await Promise.all([long(a, "api"), long(b, "db")])).map(
    ({ stdout }) => /op_\w{18}/.exec(stdout)?.[0] ?? "",
  ) as [string, string];
  await until(() => lines(join(place, "begun")).length === 2);
  agentB?.signal("SIGKILL");
  line?.cut();
  await agentB?.ended;
  const over = await Promise.all(["api", "db"].map((app) => deploy(c, place, app, "taken-over")));
  expect(over.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  await agentA?.says(`${cutOff} ended: failed`);
  expect(await stateOf(a, cutOff)).toEqual({ status: "failed", reason: "lock_lost" });
  // What they had begun would go on now, if it were there.
  writeFileSync(join(place, "go"), "");
  line?.mend();
  const again = await startAgent(b);
  await again.says(`${killed} ended: interrupted`);
  expect(await stateOf(b, killed)).toEqual({ status: "interrupted", reason: "lock_moved" });
  const resumed = await b.garza("queue", "resume", killed);
  expect([resumed.exitCode, resumed.stderr]).toEqual([1, expect.stringContaining("long failed in step work")]);
  await again.says(`${killed} ended: failed`);
  expect((await deploy(a, place, "web", "evening")).exitCode).toBe(0);

  for (const agent of [agentA, again, agentC]) {
    agent?.signal("SIGTERM");
    expect((await agent?.ended)?.exitCode).toBe(0);
  }
  for (const box of at.all) expect(await box.garza("state", "sync")).toMatchObject({ exitCode: 0, stderr: "" });

  expect(lines(join(place, "faults"))).toEqual([]);
  // The last that was done of each, in the order in which they had the lock.
  const apps = Object.fromEntries(lines(done).map((entry) => entry.split(" ") as [string, string]));
  expect(lines(done).filter((entry) => entry.endsWith(" lost"))).toEqual([]);
  const there = async (file: string) => JSON.parse(await at.shared("show", `main:infra/state/${file}`));
  expect(await there("deployments.json")).toEqual({ apps, by: "hand" });
  const { operations } = (await there("operations.json")) as { operations: { status: string; template: string }[] };
  expect(operations.filter(({ status }) => status === "success")).toHaveLength(lines(done).length);
  expect(operations.filter(({ status }) => status !== "success").map(({ template }) => template)).toEqual([
    "long",
    "long",
  ]);

  for (const box of at.all)
    expect(await box.garza("lock", "list")).toMatchObject({ exitCode: 0, stdout: "", stderr: "No lock is held.\n" });

  const tip = await at.shared("rev-parse", "main");
  const left = { [a.root]: "", [b.root]: "M plan.txt\nA  staged.txt", [c.root]: "" };
  for (const box of at.all) {
    expect(await at.git(box, "status", "--porcelain")).toBe(left[box.root] ?? "");
    expect(await at.git(box, "rev-parse", "HEAD")).toBe(tip);
  }
  expect(await at.shared("show", "main:notes.txt")).toBe("2");
  expect(await at.shared("log", "--format=%an %s", "main", "--", "notes.txt")).toContain("By hand");
  expect(faultsOf(at.remote)).toEqual([]);
}, 300_000);
