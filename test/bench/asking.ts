/** What it costs to ask an agent over its socket, and what it costs the agent that many follow. */
import { join } from "node:path";
import { type BenchAgent, endsOf, lineWith, wanted, withAgent } from "./agents.ts";
import { type Bench, type Figure, median, operation, percentile, timed } from "./measure.ts";
import { forgetPeak, memory } from "./memory.ts";

/** Each a connection of its own, as the command line has it; beside the least that can be asked. */
export const requests = (bench: Bench): Promise<Record<string, Figure>> =>
  withAgent(bench, {}, async (agent) => {
    const { client } = agent;
    const ended = endsOf(agent, 200);
    const accepted = await client.submit(wanted(200));
    await ended;
    await client.pause(null, "bench", null);
    const id = accepted[0]?.id ?? "";
    const asked = {
      submit: () => client.submit(wanted(1)),
      show: () => client.operation(id),
      "list of 50": () => client.list({ limit: 50 }),
      least: () => client.agent(),
    };
    const times = Object.fromEntries(Object.keys(asked).map((name): [string, number[]] => [name, []]));
    // The first ones until their code has been compiled to be fast.
    for (let round = 0; round < 700; round++) {
      for (const [name, ask] of Object.entries(asked)) {
        const ms = await timed(ask);
        if (round >= 200) times[name]?.push(ms);
      }
    }
    const { least = [], ...others } = times;
    const figures = Object.entries(others).flatMap(([name, all]) =>
      ([0.5, 0.99] as const).map((part): [string, Figure] => {
        const against = percentile(least, part);
        const baseline = "asking who serves";
        return [`${name}, p${part * 100}`, { value: percentile(all, part), against, unit: "ms", baseline, bar: 5 }];
      }),
    );
    return Object.fromEntries(figures);
  });

/** Lines of 100 bytes, at most 10 MB of them a second; then the time at which that was done. */
const printing = `${operation}steps:
  - name: print
    type: command
    timeout: 5m
    command: for n in $(seq 300); do yes ${"x".repeat(99)} | head -c 100000; sleep 0.01; done; date +%s%N > printed
`;
const followers = 200;

/**
 * They take all that they can get, which is more than one thread can give, and as much as the processors can. So the
 * step itself is slower, as it would be beside any other work; what counts is how late its end is seen.
 */
export const manyFollowers = (bench: Bench): Promise<Record<string, Figure>> =>
  withAgent(bench, { template: printing }, async (agent) => {
    const alone = await printTo(agent, 0);
    const idle = memory(agent.pid, "VmRSS");
    forgetPeak(agent.pid);
    const rounds = [await printTo(agent, followers), await printTo(agent, followers), await printTo(agent, followers)];
    const of = (figure: keyof typeof alone) => median(rounds.map((round) => round[figure]));
    const each = { value: memory(agent.pid, "VmHWM") - idle, against: followers, unit: "MB" };
    return {
      "the end seen": { value: of("late"), against: 500, unit: "ms", baseline: "500 ms after it", bar: 1 },
      "the agent's memory": { ...each, baseline: "1 MB each", bar: 1 },
      "the step's time": { value: of("ms"), against: alone.ms, unit: "ms", baseline: "nobody follows" },
      "read by all": { value: of("rate"), against: 10, unit: "MB/s", baseline: "printed" },
    };
  });

/** Milliseconds that it printed, and from then to its end in the agent's log; megabytes a second that all have read. */
async function printTo({ client, listen, root }: BenchAgent, count: number) {
  const started = lineWith(listen, " step print started").then(() => Date.now());
  const ended = lineWith(listen, " ended: ").then(() => Date.now());
  const [accepted] = await client.submit(wanted(1));
  const over = new AbortController();
  let bytes = 0;
  const follow = async () => {
    for await (const told of client.watch(accepted?.id ?? "", { output: true, signal: over.signal }))
      if ("output" in told) bytes += told.output.text.length;
  };
  const all = Array.from({ length: count }, follow);
  const end = await ended;
  over.abort();
  await Promise.all(all);
  const printed = Number(await Bun.file(join(root, "printed")).text()) / 1e6;
  const ms = printed - (await started);
  return { ms, late: end - printed, rate: bytes / 1000 / ms };
}
