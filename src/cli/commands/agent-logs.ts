import { join } from "node:path";
import { journalCall } from "../../agent/service/systemd.ts";
import { statOf } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { serviceOf } from "../service/homes.ts";

export const logs: Command = {
  name: "agent logs",
  takes: "",
  summary: "What the agent's service has logged",
  about: "From the journal (journalctl), or under launchd from agent.log in the data folder: the newest 200 lines.",
  options: [{ flags: "-f, --follow", says: "Go on with what comes" }],
  examples: ["garza agent logs", "garza agent logs -f"],
  staysRoot: true,
  async run(call) {
    const { terminal, flag } = call;
    const { root, data } = openPlaces(call);
    const service = serviceOf(root, terminal);
    const file = join(data, "agent.log");
    if (service?.manager === "systemd") return pass(journalCall(service, flag("follow")), terminal.env);
    if (statOf(file)) return pass(["tail", "-n", "200", ...(flag("follow") ? ["-F"] : []), file], terminal.env);
    throw problem({
      kind: "usage",
      message: "no service runs the agent here, and one that you start yourself logs to its own terminal",
      hint: "What operations did: garza history. To install a service: garza agent install",
    });
  },
};

/** Its output is ours. Throws `program-missing`. */
async function pass([program = "", ...args]: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  const found = Bun.which(program, { PATH: env.PATH ?? "" });
  if (!found) throw problem({ kind: "program-missing", program, needed: "reading the agent's log" });
  const child = Bun.spawn([found, ...args], { stdin: "ignore", stdout: "inherit", stderr: "inherit", env });
  return child.exited;
}
