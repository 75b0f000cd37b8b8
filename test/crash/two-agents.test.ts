/** Several at once on one data folder: one of them serves it, whoever is killed or stopped meanwhile. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { Running } from "../support/running.ts";
import { type Sandbox, sandbox } from "../support/sandbox.ts";
import { until } from "../support/temporary.ts";
import { type Accepted, readEffects } from "./kills/audit.ts";
import { judge, momentOf } from "./kills/look.ts";
import { files, type Generated, operations } from "./kills/templates.ts";

const pairs = 20;
const seed = Number(process.env.SEED ?? 147_044);
const wanted = fc.sample(operations({ mostParts: 2, longestMs: 40 }), { seed, numRuns: pairs });

async function add(box: Sandbox, { text, expects }: Generated): Promise<Accepted> {
  await box.write("operations/crash.yml", text);
  const { stdout } = await box.garza("queue", "add", "crash", "--json");
  const { id } = JSON.parse(stdout) as { id: string };
  return { id, expects };
}

const ownerOf = ({ data }: Sandbox) =>
  (JSON.parse(readFileSync(join(data, "agent.json"), "utf8")) as { pid: number }).pid;
const effectsIn = ({ root }: Sandbox) => readEffects(readFileSync(join(root, "effects"), "utf8"));

/** Everything that was accepted ends, each step having run once: as it should, or because its agent died so often. */
async function expectAllEnd(box: Sandbox, accepted: readonly Accepted[]) {
  expect(await box.garza("queue", "process", "3", "--until-empty")).toMatchObject({ exitCode: 0 });
  const { standing, errors } = momentOf(box);
  const isDeath = (id = "") => errors.get(id)?.includes("the process that ran it died") ?? false;
  // Whoever dies so often in the rollback leaves it undone.
  const faults = judge(box, accepted).filter(
    (fault) => !(fault.endsWith("its rollback is failed") && isDeath(fault.split(" ")[0])),
  );
  expect(faults).toEqual([]);
  const others = accepted.filter(({ id, expects }) => standing.get(id) !== expects.end).map(({ id }) => errors.get(id));
  expect(others.filter((error) => !error?.includes("the process that ran it died"))).toEqual([]);
}

describe(`${pairs} times two agents in the same moment`, () => {
  test("one serves, and the other one says who does", async () => {
    await using box = await sandbox({ files });
    const accepted: Accepted[] = [];
    for (const one of wanted) {
      accepted.push(await add(box, one));
      const both = [box.start("agent"), box.start("agent")];
      const [loser, { exitCode, stderr }] = await Promise.race(
        both.map(async (agent) => [agent, await agent.ended] as const),
      );
      const winner = both.find((agent) => agent !== loser) as Running;
      expect({ exitCode, stderr }).toEqual({
        exitCode: 75,
        stderr: expect.stringContaining(`garza agent (process ${winner.pid}, since `),
      });
      expect(ownerOf(box)).toBe(winner.pid);
      // It serves: the other one was answered. What it runs must not be killed again and again in its rollback.
      winner.signal("SIGKILL");
      expect((await winner.ended).exitCode).toBe(137);
    }
    await expectAllEnd(box, accepted);
  }, 240_000);

  test("who waited for one that is killed before it serves takes its place", async () => {
    await using box = await sandbox({ files });
    const accepted: Accepted[] = [];
    for (const one of wanted) {
      accepted.push(await add(box, one));
      const both = [box.start("agent"), box.start("agent")];
      await until(() => both.some(({ pid }) => existsSync(join(box.data, "agent.json")) && ownerOf(box) === pid));
      const [winner, other] = both[0]?.pid === ownerOf(box) ? both : both.toReversed();
      winner?.signal("SIGKILL");
      await winner?.ended;
      // Refused by one that was just about to be killed, or the only one left.
      const left = await Promise.race([other?.ended, other?.says("ready: ").catch(() => other.ended)]);
      if (left) expect(left).toMatchObject({ exitCode: 75 });
      other?.signal("SIGKILL");
      await other?.ended;
    }
    await expectAllEnd(box, accepted);
  }, 240_000);

  test("beside two who run an operation of their own, no step is run twice", async () => {
    await using box = await sandbox({ files });
    await box.write("operations/one.yml", template("one", "sleep 0.03"));
    const accepted: Accepted[] = [];
    for (const one of wanted.slice(0, 10)) {
      accepted.push(await add(box, one));
      const agent = box.start("agent");
      const runs = [box.garza("run", "one", "--json"), box.garza("run", "one", "--json")];
      const ended = await Promise.all(runs);
      expect(ended).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
      // It serves, or it was refused by one of them.
      agent.signal("SIGKILL");
      expect([75, 137]).toContain((await agent.ended).exitCode);
    }
    await expectAllEnd(box, accepted);
    const ends = effectsIn(box).filter(({ what, name }) => what === "end" && name === "one");
    expect(new Set(ends.map(({ operation }) => operation)).size).toBe(ends.length);
    expect(ends.length).toBe(20);
  }, 240_000);
});

const untilGo = "until test -e go; do sleep 0.02; done";
const template = (name: string, meanwhile: string) =>
  JSON.stringify({
    operation: { name, type: "maintain", description: "Leaves one effect" },
    steps: [
      {
        type: "command",
        name,
        command: `echo "$GARZA_RUN begin \${operation.id} ${name} -" >> effects; ${meanwhile}; echo "$GARZA_RUN end \${operation.id} ${name} -" >> effects`,
      },
    ],
  });

const once = (name: string): Accepted["expects"] => ({
  end: "success",
  once: [name],
  atLeastOnce: [],
  remembered: [],
  logged: [],
});

test("kill -9 of the one who serves the others leaves what they asked for to the next agent", async () => {
  await using box = await sandbox({ files: { ...files, "operations/slow.yml": template("slow", untilGo) } });
  const runs = [1, 2, 3].map(() => box.start("run", "slow"));
  await until(() => effectsIn(box).filter(({ what }) => what === "begin").length === 3);
  const owner = ownerOf(box);
  process.kill(owner, "SIGKILL");
  const others = runs.filter(({ pid }) => pid !== owner);
  await Promise.all(others.map((run) => run.says("the agent is gone")));
  await box.write("go", "");
  const ids = [...momentOf(box).standing.keys()];
  expect(ids.length).toBe(3);
  await expectAllEnd(
    box,
    ids.map((id) => ({ id, expects: once("slow") })),
  );
  for (const { ended } of others) expect(await ended).toMatchObject({ exitCode: 0 });
}, 60_000);

test("nobody takes over from an agent that is stopped, and when it goes on, everything does", async () => {
  await using box = await sandbox({ files: { ...files, "operations/slow.yml": template("slow", untilGo) } });
  const agent = box.start("agent");
  await agent.says("ready: ");
  const first = await add(box, { text: template("slow", untilGo), priority: 5, expects: once("slow") });
  await until(() => effectsIn(box).length === 1);
  agent.signal("SIGSTOP");

  const second = box.start("agent");
  const adding = box.start("queue", "add", "slow", "--json");
  expect(await box.garza("status")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(first.id) });
  // Its step goes on without it, and nobody else runs anything.
  await box.write("go", "");
  await until(() => effectsIn(box).length === 2);
  expect(momentOf(box).standing).toEqual(new Map([[first.id, "running"]]));
  for (const each of [second, adding]) await each.says(`waiting for garza agent (process ${agent.pid}), which has`);
  expect([second.stdout(), adding.stdout()]).toEqual(["", ""]);
  expect(ownerOf(box)).toBe(agent.pid);

  agent.signal("SIGCONT");
  expect(await second.ended).toMatchObject({ exitCode: 75, stderr: expect.stringContaining(`process ${agent.pid}`) });
  const added = await adding.ended;
  expect(added).toMatchObject({ exitCode: 0 });
  const { id } = JSON.parse(added.stdout) as { id: string };
  await agent.says(`${id} ended: success`);
  agent.signal("SIGKILL");
  await agent.ended;
  await expectAllEnd(box, [first, { id, expects: once("slow") }]);
}, 60_000);
