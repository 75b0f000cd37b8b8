import { problem } from "../../core/problem.ts";
import { currentOwner, type Owner } from "../../store/owner.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { time } from "../output.ts";
import { requireAgent } from "../service/running-agent.ts";
import type { Terminal } from "../terminal.ts";

export const reload: Command = {
  name: "agent reload",
  takes: "",
  summary: "Let the agent read its configuration again; a wrong one is refused, and the old one stays",
  about:
    "The same as SIGHUP, with an answer. Templates, hosts and services are read anew for each operation anyhow;\nlocks.refs counts from the agent's next start on.",
  options: [],
  examples: ["garza agent reload"],
  async run(call) {
    const { terminal } = call;
    const places = openPlaces(call);
    const before = requireAgent(places);
    if (terminal.clock.now() <= before.configured) await terminal.clock.sleep(1);
    process.kill(before.pid, "SIGHUP");
    const after = await answered(places.data, before, terminal);
    if (after.refused !== null) {
      const message = `refused, and what was in force since ${time(before.configured)} stays\n\n${after.refused}`;
      throw problem({ kind: "configuration", where: "the configuration", message });
    }
    terminal.err.write(`The configuration is in force: ${after.workers} at once\n`);
    return 0;
  },
};

const patienceMs = 10_000;

async function answered(data: string, before: Owner, { clock }: Terminal): Promise<Owner> {
  const latest = clock.monotonic() + patienceMs;
  for (let now = currentOwner(data); clock.monotonic() < latest; now = currentOwner(data)) {
    if (now?.instance === before.instance && now.configured !== before.configured) return now;
    if (now && now.instance !== before.instance) break;
    await clock.sleep(20);
  }
  throw problem({
    kind: "busy",
    what: `the agent (process ${before.pid}) did not answer`,
    next: "Look: garza agent status. One that is on a terminal ends at SIGHUP",
  });
}
