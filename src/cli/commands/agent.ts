import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { serveForeground } from "../serve-foreground.ts";

export const agent: Command = {
  name: "agent",
  takes: "[run]",
  summary: "Run the operations of the queue, until it is stopped",
  about: [
    "It serves one repository: takes operations by priority, several at once, and listens on a socket in the data",
    "folder. SIGTERM or Ctrl-C: nothing more is begun, running steps are waited for (agent.drain_timeout), and what",
    "is left is carried on by the next agent. Once more: it leaves at once.",
  ].join("\n"),
  options: [
    { flags: "--workers <n>", says: "Operations at once (default: queue.max_concurrent in garza.yml, else 3)" },
  ],
  examples: ["garza agent", "garza agent --workers 5"],
  run(call) {
    const [word = "run"] = call.args;
    if (word !== "run") throw misuse(`agent can't take ${JSON.stringify(word)}`, "garza agent");
    const workers = readWorkers(call.value("workers"), "garza agent");
    return serveForeground(call, { places: openPlaces(call), command: "garza agent", workers, untilEmpty: false });
  },
};

/** Undefined: as configured. Throws `usage`. */
export function readWorkers(typed: string | undefined, command: string): number | undefined {
  if (typed === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(typed)) return Number(typed);
  throw misuse(`${JSON.stringify(typed)} is not a number of workers from 1 to 999`, command);
}

const misuse = (message: string, command: string) =>
  problem({ kind: "usage", message, hint: `More: ${command} --help` });
