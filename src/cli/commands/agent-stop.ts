import { basename } from "node:path";
import type { Places } from "../../core/config.ts";
import { problem } from "../../core/problem.ts";
import { terminateGroup } from "../../core/process/group.ts";
import { currentOwner } from "../../store/owner.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { leftSteps } from "../service/left-steps.ts";
import { requireAgent } from "../service/running-agent.ts";
import type { Terminal } from "../terminal.ts";

export const stop: Command = {
  name: "agent stop",
  takes: "",
  summary: "Stop the agent; what still runs is carried on by the next one",
  about: [
    "Nothing more is begun. Running steps get agent.drain_timeout (60 s), and go on under their wrappers then: the next",
    "agent takes them up. A service comes back when the machine starts, or when you start it.",
  ].join("\n"),
  options: [
    {
      flags: "--with-steps",
      says: "End the commands of running steps as well: SIGTERM, after 10 s SIGKILL. The next agent takes them as failed",
    },
  ],
  examples: ["garza agent stop", "garza agent stop --with-steps"],
  async run(call) {
    const { terminal, flag } = call;
    const places = openPlaces(call);
    // Where none runs, there may still be steps that one has left behind.
    const isAlone = flag("with-steps") && currentOwner(places.data) === null;
    if (!isAlone) await stopAgent(places, flag("with-steps"), terminal);
    if (flag("with-steps")) await endSteps(places, terminal);
    return 0;
  },
};

async function stopAgent(places: Places, inHurry: boolean, terminal: Terminal): Promise<void> {
  const { pid, instance } = requireAgent(places);
  process.kill(pid, "SIGTERM");
  // Twice: it does not wait for what is to be ended anyhow.
  if (inHurry) process.kill(pid, "SIGTERM");
  await gone(places, instance, terminal);
  terminal.err.write(`The agent (process ${pid}) has stopped\n`);
}

/** Drained by its own time limit; the service manager's is 90 s. */
const patienceMs = 24 * 3600 * 1000;

async function gone({ data }: Places, instance: string, { clock }: Terminal): Promise<void> {
  const latest = clock.monotonic() + patienceMs;
  while (currentOwner(data)?.instance === instance) {
    if (clock.monotonic() > latest)
      throw problem({ kind: "timed-out", what: "stopping the agent", seconds: patienceMs / 1000 });
    await clock.sleep(50);
  }
}

const graceMs = 10_000;

async function endSteps({ data }: Places, { clock, err }: Terminal): Promise<void> {
  const alive = leftSteps(data);
  const ended = await Promise.all(
    alive.map(({ folder, group }) => terminateGroup(group, basename(folder), graceMs, clock)),
  );
  const left = ended.flatMap(({ escaped }) => escaped);
  err.write(`${alive.length} running ${alive.length === 1 ? "step was" : "steps were"} ended\n`);
  if (left.length > 0) err.write(`What they had started and still runs: process ${left.join(", ")}\n`);
}
