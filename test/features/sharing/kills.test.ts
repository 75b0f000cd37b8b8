/** Machines that take locks, publish state and give back, killed at random with what they have just asked git for. */
import { expect, test } from "bun:test";
import { readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { randomFrom } from "../../fuzz/shell-random.ts";
import { commandOf, descendants, kill, mentioning } from "../../support/processes.ts";
import type { Sandbox } from "../../support/sandbox.ts";
import { faultsOf } from "../../support/shared-audit.ts";
import { machines } from "../../support/shared-sandboxes.ts";
import { until } from "../../support/temporary.ts";

const inodeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.ino;

const rounds = 100;
const seed = Number(process.env.SEED ?? 147_044);

const files = {
  "garza.yml": "state: { publish_interval: 1s }\n",
  "operations/set.yml": `operation: { name: set, type: maintain, description: A test }
parameters: { app: "", resource: "", witness: "" }
steps:
  - { type: lock, name: lock, resource: "\${resource}", wait: 60 }
  - type: command
    name: alone
    command: "set -C; : > \${witness}.now || echo two >> \${witness}.faults; rm -f \${witness}.now; set +C; echo $GARZA_FENCE >> \${witness}.tokens"
  - { type: state_update, name: set, file: deployments.json, updates: { ".apps.\${app}": 1 } }
  - { type: unlock, name: unlock, resource: shared }
`,
  "infra/state/deployments.json": '{"apps": {}}\n',
};

test(`${2 * rounds} kills of two machines lose nothing, give no token twice, and leave no lock behind (seed ${seed})`, async () => {
  await using at = await machines(2, { files });
  const witness = join(at.remote, "..", "witness");
  const leftLocks = () =>
    ["refs/**/*.lock", "packed-refs.lock"].flatMap((each) => [...new Bun.Glob(each).scanSync(at.remote)]);

  /** As git leaves them where it dies, here or there; who looks ten minutes later removes those there. */
  const tidy = async (box: Sandbox) => {
    rmSync(join(box.root, ".git/index.lock"), { force: true });
    // What the other machine has under way has its own, and takes them away again.
    const found = leftLocks().map((name) => ({ name, inode: inodeOf(join(at.remote, name)) }));
    const underWay = mentioning(at.remote);
    await until(() => underWay.every((pid) => commandOf(pid) === ""));
    const left = found.filter(({ name, inode }) => inode !== undefined && inodeOf(join(at.remote, name)) === inode);
    for (const { name } of left) utimesSync(join(at.remote, name), 1, 1);
    if (left.length > 0) await box.garza("lock", "doctor", "--yes");
    return left.length;
  };
  let left = 0;
  const work = async (box: Sandbox, machine: number) => {
    const random = randomFrom(seed + machine);
    for (let round = 0; round < rounds; round++) {
      const run = box.start(
        "run",
        "set",
        `app=m${machine}-${round}`,
        `resource=m${machine}`,
        `witness=${witness}-${machine}`,
        "--local",
      );
      await run.says(random.pick(["▸ lock", "▸ alone", "▸ set", "▸ unlock"])).catch(() => {});
      await Bun.sleep(random.below(60));
      const gits = random.chance(0.5) ? descendants(run.pid, "git", "") : [];
      run.signal("SIGKILL");
      gits.forEach(kill);
      await run.ended;
      if (gits.length > 0 && (await tidy(box)) > 0) left++;
      const next = await box.garza("queue", "process", "2", "--until-empty");
      expect([round, next.exitCode, next.exitCode === 0 ? "" : next.stderr]).toEqual([round, 0, ""]);
    }
  };
  await Promise.all(at.all.map(work));
  for (const box of at.all) expect((await box.garza("state", "sync")).exitCode).toBe(0);
  console.log(`lock files of the remote's that were left by kills: ${left} times`);

  for (const machine of at.all.keys()) {
    expect(await Bun.file(`${witness}-${machine}.faults`).exists()).toBe(false);
    const tokens = readFileSync(`${witness}-${machine}.tokens`, "utf8").trim().split("\n").map(Number);
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  }
  const there = async (commit: string, file: string) =>
    JSON.parse(await at.shared("show", `${commit}:infra/state/${file}`)) as Record<string, unknown>;
  const all = at.all.flatMap((_, machine) => Array.from({ length: rounds }, (__, round) => `m${machine}-${round}`));
  const { apps } = (await there("main", "deployments.json")) as { apps: Record<string, number> };
  const { operations } = (await there("main", "operations.json")) as { operations: { id: string; status: string }[] };
  // What was killed before it was accepted was never promised.
  const histories = await Promise.all(at.all.map((box) => box.garza("history", "--limit", "1000", "--json")));
  const accepted = histories.flatMap(
    ({ stdout }) => JSON.parse(stdout) as { status: string; parameters: { app: string } }[],
  );
  expect(accepted.filter(({ status }) => status !== "success")).toEqual([]);
  expect(Object.keys(apps).sort()).toEqual(accepted.map(({ parameters }) => parameters.app).sort());
  expect(Object.keys(apps).every((app) => all.includes(app))).toBe(true);
  expect(new Set(operations.map(({ id }) => id)).size).toBe(accepted.length);

  expect(faultsOf(at.remote)).toEqual([]);
  for (const box of at.all) {
    expect(await at.git(box, "status", "--porcelain")).toBe("");
    // Not fsck, which misses the empty tree that git has built in.
    await at.git(box, "--git-dir", ".git/garza/store.git", "rev-list", "--objects", "--quiet", "--all");
  }
}, 600_000);
