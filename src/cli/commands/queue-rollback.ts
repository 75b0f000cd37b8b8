import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { operationId } from "../operation-id.ts";
import { json } from "../output.ts";
import { withControl } from "../owner.ts";
import { whatFollows } from "../tell-accepted.ts";
import { whoAsks } from "../who-asks.ts";

export const rollback: Command = {
  name: "queue rollback",
  takes: "<id>",
  summary: "Undo what an operation did that failed without its rollback, or was interrupted",
  about: [
    "The undo steps of what it completed run, newest first, then its rollback steps; its locks are taken again before.",
    "Of an operation that has ended a new one does it, whose id is printed; an interrupted one does it itself.",
  ].join("\n"),
  options: [],
  examples: ["garza queue rollback op_01JD8Z7Q3K5X9ABCD2", "garza queue rollback ABCD2 --json | jq -r .id"],
  async run(call) {
    const { args, flag, terminal } = call;
    const places = openPlaces(call);
    const of = operationId(places, args[0]);
    const { id, agent } = await withControl(places, terminal, async (control, agent) => ({
      id: await control.rollback(of, whoAsks(terminal.env)),
      agent,
    }));
    terminal.out.write(flag("json") ? json({ id, rolls_back: of }) : `${id}\n`);
    const itself = id === of && !agent?.workers;
    const next = itself
      ? `no agent runs. Do it here, or start one (garza agent): garza queue resume ${id}`
      : whatFollows(places, id, agent);
    terminal.err.write(`rolling back ${of}; ${next}\n`);
    return 0;
  },
};
