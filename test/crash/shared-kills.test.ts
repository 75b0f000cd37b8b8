/**
 * kill -9 at random of machines that want the same lock, publish under it and give it back, and of those that carry on what was
 * killed: alone, with git, and with the remote's end of it.
 */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { randomFrom } from "../fuzz/shell-random.ts";
import { commandOf, descendants, kill, mentioning } from "../support/processes.ts";
import type { Running } from "../support/running.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { faultsOf } from "../support/shared-audit.ts";
import { type Machines, machines } from "../support/shared-sandboxes.ts";
import { until } from "../support/temporary.ts";

const kills = Number(process.env.GARZA_SHARED_KILLS ?? 50);
const seed = Number(process.env.SEED ?? 147_044);

const files = {
  // O_EXCL tells of two holders, whatever the locks say.
  "operations/turn.yml": `operation: { name: turn, type: maintain, description: A test }
parameters: { witness: "", key: "" }
steps:
  - { type: lock, name: lock, resource: db, wait: 60 }
  - type: command
    name: alone
    env: { WITNESS: "\${witness}" }
    command: "(set -C; : > $WITNESS) || echo two >> $WITNESS.faults; rm -f $WITNESS; echo $GARZA_FENCE >> $WITNESS.tokens"
  - { type: state_update, name: set, file: turns.json, updates: { ".\${key}": "\${key}" } }
  - { type: unlock, name: unlock, resource: db }
`,
  "infra/state/turns.json": "{}\n",
};

const carryOn = ["queue", "process", "2", "--until-empty"];
const moments = ["", "▸ lock", "▸ set", "▸ unlock"] as const;
/** It is killed then at the latest: the other one may have been killed with the lock. Milliseconds. */
const longestMs = 400;
const reaches = ["garza", "client", "all"] as const;
type Reach = (typeof reaches)[number];

test(`${kills} kills leave nothing broken, held twice or for ever, or unpublished (seed ${seed})`, async () => {
  await using at = await machines(2, { files });
  const witness = join(at.all[0]?.folder ?? "", "witness");
  const random = randomFrom(seed);
  let killed = 0;

  const turn = async (box: Sandbox, key: string) => {
    const run = ["run", "turn", `witness=${witness}`, `key=${key}`, "--local"];
    const running = box.start(...random.pick([run, run, run, carryOn]));
    const [moment, afterMs, reach] = [random.pick(moments), random.below(100), random.pick(reaches)];
    await Promise.race([running.says(moment).catch(() => {}), Bun.sleep(longestMs)]);
    await Bun.sleep(afterMs);
    if (await killWith(running, reach)) killed++;
  };
  for (let round = 1; killed < kills; round++) {
    await Promise.all(at.all.map((box, number) => turn(box, `m${number}r${round}`)));
    await sweep(at);
    if (random.chance(0.5)) await carryOnBoth(at.all);
  }
  await carryOnBoth(at.all);

  expect(existsSync(`${witness}.faults`)).toBe(false);
  const tokens = readFileSync(`${witness}.tokens`, "utf8").trim().split("\n").map(Number);
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  expect(faultsOf(at.remote)).toEqual([]);
  const there = JSON.parse(await at.shared("show", "main:infra/state/turns.json"));
  const accepted: string[] = [];
  for (const box of at.all) {
    const history = JSON.parse((await box.garza("history", "--json", "--limit", "1000")).stdout) as History;
    expect(history.filter(({ status }) => status !== "success")).toEqual([]);
    accepted.push(...history.map(({ parameters }) => parameters.key));
    expect(await at.git(box, "status", "--porcelain")).toBe("");
    expect(await at.git(box, "fsck", "--no-dangling", "--no-progress")).toBe("");
  }
  expect(Object.keys(there).sort()).toEqual(accepted.sort());
}, 300_000);

type History = { status: string; parameters: { key: string } }[];

/** Beside each other: what one of them waits for, the other one has. */
async function carryOnBoth(all: Sandbox[]): Promise<void> {
  const ended = await Promise.all(all.map((box) => box.garza(...carryOn)));
  expect(ended.map(({ exitCode, stderr }) => [exitCode, exitCode === 0 ? "" : stderr])).toEqual(all.map(() => [0, ""]));
}

/** False: it had ended before. What is spared ends by itself, so that nobody pushes any more in the end. */
async function killWith(running: Running, reach: Reach): Promise<boolean> {
  // So that it starts no other git while it is looked at.
  running.signal("SIGSTOP");
  const gits = descendants(running.pid, "git", "").map((pid) => ({ pid, command: commandOf(pid) }));
  running.signal("SIGKILL");
  const isServer = (command: string) => /receive-pack|unpack-objects|index-pack/.test(command);
  for (const { pid, command } of gits) if (reach === "all" || (reach === "client" && !isServer(command))) kill(pid);
  const { exitCode } = await running.ended;
  await until(() => gits.every(({ pid }) => commandOf(pid) === ""));
  return exitCode === 137;
}

/** What a person does, as the program tells them: a git that was killed may leave its lock files, there and here. */
async function sweep({ remote, all }: Machines): Promise<void> {
  // One that had only just begun was in nobody's list.
  await until(() => mentioning(remote).length === 0);
  for (const name of new Bun.Glob("**/*.lock").scanSync(remote)) rmSync(join(remote, name));
  for (const { root } of all) rmSync(join(root, ".git/index.lock"), { force: true });
}
