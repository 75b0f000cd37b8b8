/** `garza lock …` on two machines that share a repository. */
import { expect, test } from "bun:test";
import { rename } from "node:fs/promises";
import { openClient } from "../../../src/api/client.ts";
import type { Sandbox } from "../../support/sandbox.ts";
import { type Machines, machines } from "../../support/shared-sandboxes.ts";

const template = `operation: { name: hold, type: maintain, description: Holds a lock until there is a file }
steps:
  - { type: lock, name: take, resource: db }
  - type: command
    name: work
    command: "touch begun; until test -e go; do sleep 0.05; done"
    undo: [{ type: command, name: back, command: touch undone }]
  - { type: unlock, name: give, resource: db }
`;

const pair = ({ all }: Machines) => all as [Sandbox, Sandbox];

type Held = { locks: { resource: string; holder: { scope: string; host: string; operation: string } }[] };

async function holders(box: Sandbox) {
  const { locks } = JSON.parse((await box.garza("lock", "list", "--json")).stdout) as Held;
  return locks.map(({ holder }) => holder);
}

test("one machine takes a lock by hand; the other one sees who, waits, is refused, and gets it afterwards", async () => {
  await using at = await machines(2);
  const [one, two] = pair(at);
  const name = "deploy/web";
  expect(await two.garza("lock", "list")).toMatchObject({ exitCode: 0, stdout: "", stderr: "No lock is held.\n" });
  const taken = await one.garza("lock", "acquire", name, "--reason", "disk swap");
  expect(taken).toMatchObject({ exitCode: 0, stdout: "1\n" });
  expect(taken.stderr).toContain(`lock ${name} is yours against all machines`);

  expect((await two.garza("lock", "list")).stdout).toStartWith(`${name}  shared  tester@`);
  const shown = await two.garza("lock", "show", name);
  for (const part of ["reason      disk swap", "seen alive", "garza lock wait", "garza lock release", "--force"])
    expect(shown.stdout).toContain(part);
  expect(await two.garza("lock", "acquire", name)).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining(`lock ${name} is held by tester@`),
  });
  expect(await two.garza("lock", "release", name)).toMatchObject({ exitCode: 5 });
  expect(await two.garza("lock", "wait", name, "--timeout", "100ms", "--json")).toMatchObject({ exitCode: 5 });
  expect((await two.garza("lock", "show", "deploy/wep")).stderr).toContain("Did you mean deploy/web?");

  const waiting = two.start("lock", "acquire", name, "--wait", "1m");
  await waiting.says("waiting: lock");
  expect(await one.garza("lock", "release", name)).toMatchObject({ exitCode: 0, stdout: `lock ${name} is free\n` });
  expect(await waiting.ended).toMatchObject({ exitCode: 0, stdout: "2\n" });
  expect(await one.garza("lock", "release", name)).toMatchObject({ exitCode: 5 });
  expect(await two.garza("lock", "release", name, "--json")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('"was_held": true'),
  });
  expect(await two.garza("lock", "release", name)).toMatchObject({ stdout: `lock ${name} was free already\n` });
  const { transitions } = JSON.parse((await one.garza("lock", "history", name, "--json")).stdout) as {
    transitions: { verb: string; token: number }[];
  };
  expect(transitions.map(({ verb, token }) => `${verb} ${token}`)).toEqual([
    "release 2",
    "acquire 2",
    "release 1",
    "acquire 1",
  ]);
}, 60_000);

test("force asks first, takes exactly what was shown, and stops what works under it without rolling it back", async () => {
  await using at = await machines(2, {
    files: { "operations/hold.yml": template, "garza.yml": "locks: { ttl: 24s }\n" },
  });
  const [one, two] = pair(at);
  const agent = one.start("agent");
  await agent.says("ready: ");
  const { id } = JSON.parse((await one.garza("queue", "add", "hold", "--json")).stdout) as { id: string };
  while ((await one.run("test", "-e", "begun")).exitCode !== 0);
  expect(await holders(one)).toMatchObject([{ scope: "shared", operation: id }]);
  expect(await holders(two)).toMatchObject([{ scope: "away", operation: id }]);

  expect(await two.garza("lock", "release", "db", "--force")).toMatchObject({
    exitCode: 77,
    stderr: expect.stringContaining("nobody can be asked here. If it is meant: add --yes"),
  });
  expect(await two.garza("lock", "release", "db", "--force", "--yes", "--reason", "one is gone")).toMatchObject({
    exitCode: 0,
    stdout: "lock db is free\n",
  });
  await agent.says(`${id} ended: failed`);
  const status = JSON.parse((await one.garza("status", id, "--json")).stdout) as Record<string, string>;
  expect(status).toMatchObject({ status: "failed", reason: "lock_lost", rollback: "none" });
  expect(status.error).toContain("released it by force");
  expect(status.attention).toContain(`garza queue rollback ${id}`);
  expect(await one.run("test", "-e", "undone")).toMatchObject({ exitCode: 1 });
  expect(await holders(one)).toEqual([]);
  expect(await one.garza("queue", "rollback", id)).toMatchObject({ exitCode: 0 });
  await agent.says(/ended: success/);
  expect((await one.garza("lock", "history", "db")).stdout).toContain("one is gone");
}, 60_000);

test("an agent takes a lock for a person, renews it, and gives it back", async () => {
  await using at = await machines(1);
  const [one] = pair(at);
  one.env.GARZA_SOCKET = `${one.folder}/s/agent.sock`;
  const agent = one.start("agent");
  await agent.says("ready: ");
  expect(await one.garza("lock", "acquire", "a/b c", "--ttl", "24s")).toMatchObject({ exitCode: 0, stdout: "1\n" });
  const renewed = async () => (await one.garza("lock", "history", "a/b c", "--all")).stdout.includes("renew");
  while (!(await renewed())) await Bun.sleep(200);
  const client = openClient({ socket: one.env.GARZA_SOCKET });
  expect(await client.lock("a/b c")).toMatchObject({ scope: "shared", label: "by hand", token: 1 });
  expect(await one.garza("lock", "release", "a/b c")).toMatchObject({ exitCode: 0 });
  expect(await client.lock("a/b c")).toBeNull();
}, 60_000);

test("a lock taken by hand that was taken away is shown as lost, and is let go by the next agent", async () => {
  await using at = await machines(2);
  const [one, two] = pair(at);
  await one.garza("lock", "acquire", "db");
  expect(await two.garza("lock", "release", "db", "--force", "--yes")).toMatchObject({ exitCode: 0 });
  expect((await one.garza("lock", "list")).stdout).toMatch(/db .* lost /);
  expect((await one.garza("lock", "show", "db")).stdout).toContain("only this machine still counts it as held");
  const agent = one.start("agent");
  await agent.says("who had taken it by hand");
  expect(await one.garza("lock", "list")).toMatchObject({ exitCode: 0, stdout: "" });
}, 60_000);

test("where the remote is gone nothing is taken, and what is known here is listed", async () => {
  await using at = await machines(1);
  const [one] = pair(at);
  expect(await one.garza("lock", "acquire", "db")).toMatchObject({ exitCode: 0 });
  await rename(at.remote, `${at.remote}.away`);
  expect(await one.garza("lock", "acquire", "other")).toMatchObject({ exitCode: 69, stdout: "" });
  const listed = await one.garza("lock", "list");
  expect(listed).toMatchObject({ exitCode: 69, stdout: expect.stringContaining("db  shared  tester@") });
  expect(listed.stderr).toContain("only what is known here");
  expect(await one.garza("lock", "release", "db")).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining("other machines learn of it as soon as they can be told"),
  });
  await rename(`${at.remote}.away`, at.remote);
  // The next one that comes to work tells them.
  expect(await one.garza("run", "demo/hello")).toMatchObject({ exitCode: 0 });
  expect(await one.garza("lock", "list")).toMatchObject({ exitCode: 0, stdout: "" });
}, 60_000);

test("what can't be meant is refused", async () => {
  await using at = await machines(1);
  const [one] = pair(at);
  expect(await one.garza("lock", "acquire", "db", "--ttl", "soon")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("--ttl needs a duration like 30s"),
  });
  expect(await one.garza("lock", "acquire", "db", "--ttl", "0s")).toMatchObject({ exitCode: 2 });
  expect(await one.garza("lock", "show", "")).toMatchObject({ exitCode: 2 });
  expect(await one.garza("lock", "show", "x".repeat(501))).toMatchObject({ exitCode: 2 });
}, 60_000);
