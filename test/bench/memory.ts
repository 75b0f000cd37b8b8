/** What an agent takes of the machine: memory and, while it has nothing to do, time. Linux tells. */
import { readFileSync, writeFileSync } from "node:fs";
import { endsOf, wanted, withAgent } from "./agents.ts";
import { type Bench, type Figure, operation } from "./measure.ts";

const megabyte = { unit: "MB" } as const;
const flood = `${operation}steps:\n  - { type: command, name: flood, command: yes a line about as long as lines of output are | head -c 1G, timeout: 5m }\n`;

/** Looked at for 10 s. */
export const idleAgent = (bench: Bench): Promise<Record<string, Figure>> =>
  withAgent(bench, {}, async (agent) => {
    const ended = endsOf(agent, 1);
    await agent.client.submit(wanted(1));
    await ended;
    await Bun.sleep(2000);
    const before = { cpu: cpuMs(agent.pid), wakes: wakes(agent.pid) };
    await Bun.sleep(10_000);
    const [cpu, woken] = [cpuMs(agent.pid) - before.cpu, wakes(agent.pid) - before.wakes];
    return {
      memory: { ...megabyte, value: memory(agent.pid, "VmRSS"), against: 90, baseline: "90 MB", bar: 1 },
      time: { unit: "ms", value: cpu, against: 10_000, baseline: "10 s", bar: 0.005 },
      wakes: { unit: "", value: woken, against: 100, baseline: "one in 100 ms", bar: 1 },
    };
  });

export const floodedAgent = (bench: Bench): Promise<Figure> =>
  withAgent(bench, { template: flood }, async (agent) => {
    const against = memory(agent.pid, "VmRSS") + 30;
    forgetPeak(agent.pid);
    const ended = endsOf(agent, 1);
    await agent.client.submit(wanted(1));
    await ended;
    const value = memory(agent.pid, "VmHWM");
    return { ...megabyte, value, against, baseline: "an idle agent and 30", bar: 1 };
  });

/** Between the looks it has time to tidy up. */
export const busyAgent = (bench: Bench): Promise<Record<string, Figure>> =>
  withAgent(bench, {}, async (agent) => {
    const look = async () => {
      await Bun.sleep(3000);
      return memory(agent.pid, "VmRSS");
    };
    const runAll = async (count: number) => {
      const ended = endsOf(agent, count);
      await agent.client.submit(wanted(count));
      await ended;
      return look();
    };
    const idle = await look();
    const early = await runAll(3000);
    const late = await runAll(5000);
    await agent.client.pause(null, "bench", null);
    await agent.client.submit(wanted(10_000));
    const queued = await look();
    return {
      "3,000 ended": { ...megabyte, value: early, against: idle, baseline: "none" },
      "8,000 ended": { ...megabyte, value: late, against: early, baseline: "3,000 ended", bar: 1.3 },
      "10,000 queued": { ...megabyte, value: queued, against: late, baseline: "none" },
    };
  });

/** In megabytes. */
export function memory(pid: number, what: "VmRSS" | "VmHWM"): number {
  return Number(field(pid, what)) / 1000;
}

const wakes = (pid: number) => Number(field(pid, "voluntary_ctxt_switches"));

function field(pid: number, name: string): string | undefined {
  return new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}

export const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/** Of all its threads. The kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(11, 13) ?? [];
  return (Number(user) + Number(system)) * 10;
}
