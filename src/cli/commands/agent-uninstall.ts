import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { oneLine } from "../output.ts";
import { serviceOf } from "../service/homes.ts";
import { removeService } from "../service/remove-service.ts";

export const uninstall: Command = {
  name: "agent uninstall",
  takes: "",
  summary: "Take the agent's service away again; its data and running steps stay",
  about: "What runs gets agent.drain_timeout (60 s) to end; what is left is carried on by the next agent.",
  options: [],
  examples: ["garza agent uninstall", "sudo garza agent uninstall"],
  staysRoot: true,
  async run(call) {
    const places = openPlaces(call);
    const service = serviceOf(places.root, call.terminal);
    if (!service) {
      const next = "To install one: garza agent install";
      throw problem({ kind: "usage", message: `${places.root} has no service here`, hint: next });
    }
    removeService(service, places, call.terminal, (what) => call.terminal.err.write(`${oneLine(what)}\n`));
    return 0;
  },
};
