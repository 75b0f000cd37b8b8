import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { serveForeground } from "../serve-foreground.ts";
import { readWorkers } from "./agent.ts";

export const process: Command = {
  name: "queue process",
  takes: "[workers]",
  summary: "Run the operations of the queue here, as an agent in the foreground",
  about: "It stays until it is stopped (Ctrl-C), and takes what is added meanwhile. With an agent there it is refused.",
  options: [
    {
      flags: "--until-empty",
      says: "Leave when nothing runs, and nothing waits that could go on without a person or the clock",
    },
  ],
  examples: ["garza queue process", "garza queue process 5", "garza queue process 2 --until-empty"],
  run(call) {
    const workers = readWorkers(call.args[0], "garza queue process");
    const untilEmpty = call.flag("until-empty");
    return serveForeground(call, { places: openPlaces(call), command: "garza queue process", workers, untilEmpty });
  },
};
