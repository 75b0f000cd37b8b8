/** One agent after the other, each killed at a random moment, while the queue never runs dry; the last one to its end. */
import { join } from "node:path";
import fc from "fast-check";
import { alarm } from "../../../src/core/clock.ts";
import type { Running } from "../../support/running.ts";
import type { Sandbox } from "../../support/sandbox.ts";
import type { Accepted } from "./audit.ts";
import { type Moment, momentOf } from "./look.ts";
import { type Generated, operations } from "./templates.ts";

export type Killed = Pick<Moment, "standing" | "errors"> & {
  accepted: Accepted[];
  kills: number;
  /** Kills that cut through a step that had work at hand. */
  insideAStep: number;
  /** How often each step was cut through, by name, of the operations that were killed inside one, by id. */
  hit: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** What the agents said on standard error that they should not have. */
  complaints: string[];
};

type Kill = { early: boolean; afterMs: number; command: string[] };

/** Mostly when it is at work; at times while it starts and recovers. */
const kills: fc.Arbitrary<Kill> = fc.noBias(
  fc.record({
    early: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
    afterMs: fc.integer({ min: 0, max: 240 }),
    command: fc.constantFrom(["agent"], ["agent"], ["queue", "process", "4"], ["agent", "--workers", "2"]),
  }),
);
const liveAtOnce = 8;
/** Something has been begun or carried on since it is there. */
const atWork = /ready: [\s\S]*(?: started| step )/;
const longestStartMs = 2_000;
const longestEndMs = 120_000;

export async function killAgents(box: Sandbox, count: number, seed: number): Promise<Killed> {
  const sample = { seed, numRuns: count };
  const asked = fc.sample(operations(), sample).map((one, number) => ({ ...one, key: `${number}` }));
  const accepted: Accepted[] = [];
  const hit = new Map<string, Map<string, number>>();
  const complaints: string[] = [];
  let insideAStep = 0;
  let live = 0;

  for (const kill of fc.sample(kills, sample)) {
    const agent = box.start(...kill.command);
    // Whatever comes of it: it is killed while it is asked.
    const feeding = feed(box, agent, asked, accepted, live);
    if (!kill.early) await Promise.race([agent.says(atWork).catch(() => {}), Bun.sleep(longestStartMs)]);
    await Bun.sleep(kill.early ? kill.afterMs / 4 : kill.afterMs);
    agent.signal("SIGKILL");
    const { exitCode, stderr } = await agent.ended;
    if (exitCode !== 137) complaints.push(`it ended by itself with ${exitCode}: ${stderr}`);
    complaints.push(...complaintsIn(stderr));
    const moment = momentOf(box);
    await feeding;
    for (const { id, step } of moment.insideAStep) {
      const steps = hit.get(id) ?? new Map<string, number>();
      hit.set(id, steps.set(step, (steps.get(step) ?? 0) + 1));
    }
    if (moment.insideAStep.length > 0) insideAStep++;
    live = accepted.filter(({ id }) => ["queued", "running", undefined].includes(moment.standing.get(id))).length;
  }

  const last = await toTheEnd(box);
  if (last.exitCode !== 0) complaints.push(`the last one ended with ${last.exitCode}: ${last.stderr}`);
  complaints.push(...complaintsIn(last.stderr));
  const { standing, errors } = momentOf(box);
  return { accepted, kills: count, insideAStep, hit, standing, errors, complaints };
}

/** A queue that never runs empty is a fault as well. */
async function toTheEnd(box: Sandbox) {
  const last = box.start("queue", "process", "4", "--until-empty");
  const callOff = alarm(longestEndMs, () => last.signal("SIGKILL"));
  try {
    return await last.ended;
  } finally {
    callOff();
  }
}

const complaintsIn = (said: string) => said.split("\n").filter((line) => /a bug in garza|^\s+at /.test(line));

/** What was asked for without an answer: it is asked for again, by the same key. */
type Asked = Generated & { key: string };

/** Adds operations until there are enough, or the agent is gone. An answer that came is an acknowledgement. */
async function feed(box: Sandbox, agent: Running, asked: Asked[], accepted: Accepted[], live: number): Promise<void> {
  const isReady = agent.says("ready: ").then(
    () => true,
    () => false,
  );
  if (!(await isReady)) return;
  const missing = asked.splice(0, Math.max(0, liveAtOnce - live));
  await Promise.all(
    missing.map(async (one) => {
      const { key, text, priority, expects } = one;
      const answer = await ask(box, { template: { name: "crash", text }, priority, key });
      if (answer === null) asked.unshift(one);
      else accepted.push({ id: answer.id, expects });
    }),
  );
}

/** Null: the agent was killed before it had answered. */
async function ask({ data }: Sandbox, body: object): Promise<{ id: string } | null> {
  let answer: Response;
  let said: string;
  try {
    answer = await fetch("http://garza/v1/operations", {
      unix: join(data, "agent.sock"),
      // A kept connection may lead to an agent that is gone.
      keepalive: false,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    said = await answer.text();
  } catch {
    return null;
  }
  if (!answer.ok) throw new Error(`it was refused: ${said}`);
  return JSON.parse(said) as { id: string };
}
