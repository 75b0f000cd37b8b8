import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { operationId } from "../operation-id.ts";
import { withControl } from "../owner.ts";
import { tellAccepted } from "../tell-accepted.ts";
import { whoAsks } from "../who-asks.ts";

export const retry: Command = {
  name: "queue retry",
  takes: "<id>",
  summary: "Run an operation that has ended again, as a new one",
  about: [
    "The new operation has the same parameters and priority, and the template as it is now. Its id is printed.",
    "An operation that was interrupted is carried on instead: garza queue resume.",
  ].join("\n"),
  options: [],
  examples: ["garza queue retry op_01JD8Z7Q3K5X9ABCD2", "garza queue retry ABCD2 --json | jq -r .id"],
  async run(call) {
    const { args, terminal } = call;
    const places = openPlaces(call);
    const id = operationId(places, args[0]);
    const { accepted, agent } = await withControl(places, terminal, async (control, agent) => ({
      accepted: await control.retry(id, whoAsks(terminal.env)),
      agent,
    }));
    tellAccepted(call, places, accepted, agent);
    return 0;
  },
};
