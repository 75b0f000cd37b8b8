/** What it costs to hand operations to an agent, and how soon they run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchAgent, lineWith, wanted, withAgent } from "./agents.ts";
import { type Bench, type Figure, median, percentile, timed } from "./measure.ts";

const clients = 32;

/** The queue is paused: nothing but submitting is measured. */
export const manyClients = (bench: Bench): Promise<Record<string, Figure>> =>
  withAgent(bench, {}, async ({ client, data }) => {
    await client.pause(null, "bench", null);
    const submit = async (count: number) => {
      for (let n = 0; n < count; n++) await client.submit(wanted(1));
    };
    const together = (each: number) => Promise.all(Array.from({ length: clients }, () => submit(each)));
    // Until its code has been compiled to be fast.
    await submit(300);
    const times: { one: number; all: number }[] = [];
    for (let round = 0; round < 7; round++) {
      const one = (await timed(() => submit(100))) / 100;
      times.push({ one, all: (await timed(() => together(30))) / (30 * clients) });
    }
    const counts: number[] = [];
    // The log is begun anew every thousand pages: not every look has all of it.
    for (let round = 0; round < 40 && counts.length < 9; round++) {
      const before = commitsIn(data);
      await together(5);
      const after = commitsIn(data);
      if (after.log === before.log) counts.push(after.commits - before.commits);
    }
    const one = median(times.map((each) => each.one));
    const ratio = median(times.map((each) => each.all / each.one));
    const all = 5 * clients;
    return {
      commits: { value: median(counts), against: all, unit: "", baseline: `one for each of ${all}`, bar: 1 / 8 },
      "time of each": { value: one * ratio, against: one, unit: "ms", baseline: "one client", bar: 1 / 2 },
    };
  });

export const batch = (bench: Bench): Promise<Figure> =>
  withAgent(bench, {}, async ({ client }) => {
    await client.pause(null, "bench", null);
    for (let n = 0; n < 300; n++) await client.submit(wanted(1));
    const [one, all]: [number[], number[]] = [[], []];
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 100; n++) one.push(await timed(() => client.submit(wanted(1))));
      all.push((await timed(() => client.submit(wanted(10_000)))) / 10_000);
    }
    return { value: median(all), against: median(one), unit: "ms", baseline: "one by one", bar: 1 / 20 };
  });

/** From the answer at the client to the line in the agent's log that says that the step has started, and that this is journaled. */
export const firstStep = (bench: Bench): Promise<Record<string, Figure>> =>
  withAgent(bench, {}, async (agent) => {
    const waits: number[] = [];
    for (let n = 0; n < 220; n++) waits.push(await waitFor(agent));
    const [half, most] = [0.5, 0.99].map((part) => percentile(waits.slice(20), part));
    return {
      "half of them": { value: half ?? Number.NaN, against: 3, unit: "ms", baseline: "3 ms", bar: 1 },
      "99 of 100": { value: most ?? Number.NaN, against: 15, unit: "ms", baseline: "15 ms", bar: 1 },
    };
  });

async function waitFor({ client, listen }: BenchAgent): Promise<number> {
  const started = lineWith(listen, " step one started").then(() => performance.now());
  const ended = lineWith(listen, " ended: ");
  await client.submit(wanted(1));
  const answered = performance.now();
  await ended;
  return (await started) - answered;
}

/** Commits in the log of the database, counted by its frames that end one. `log` differs when it was begun anew in between. */
function commitsIn(data: string): { log: string; commits: number } {
  const bytes = readFileSync(join(data, "garza.db-wal"));
  const [header, page] = [32, 24 + bytes.readUInt32BE(8)];
  const salt = (at: number) => bytes.toString("hex", at, at + 8);
  let commits = 0;
  for (let at = header; at + page <= bytes.length && salt(at + 8) === salt(16); at += page) {
    if (bytes.readUInt32BE(at + 4) > 0) commits++;
  }
  return { log: salt(16), commits };
}
