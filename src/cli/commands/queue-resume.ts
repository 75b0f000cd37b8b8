import type { Command } from "../command.ts";
import { exitOf } from "../exit-of.ts";
import { openPlaces } from "../open.ts";
import { inHistory, operationId } from "../operation-id.ts";
import { runOperation } from "../run-operation.ts";
import { whoAsks } from "../who-asks.ts";

export const resume: Command = {
  name: "queue resume",
  takes: "<id>",
  summary: "Carry on an interrupted operation",
  about: [
    "Steps whose result was recorded are not run again. A step that was running is judged by what it left behind;",
    "where that tells nothing the operation stays interrupted, and garza queue resolve settles it.",
    "Where an agent runs, it carries on; otherwise this command does. Either way it is followed to its end.",
  ].join("\n"),
  options: [
    { flags: "--from <step>", says: "Run this step and those after it again, whatever was recorded of them" },
    { flags: "--yes", says: "Answer yes where a person would be asked" },
  ],
  examples: ["garza queue resume op_01JD8Z7Q3K5X9ABCD2", "garza queue resume ABCD2 --from migrate"],
  async run(call) {
    const { terminal, flag, value } = call;
    const places = openPlaces(call);
    const id = operationId(places, call.args[0]);
    const settings = { places, terminal, json: flag("json"), yes: flag("yes"), local: false };
    return exitOf(
      await runOperation(settings, async (control) => {
        const after = inHistory(places, id, (history) => history.events(id).at(-1)?.sequence ?? 0);
        await control.resume(id, whoAsks(terminal.env), value("from"));
        return { id, isNew: true, warnings: [], after };
      }),
    );
  },
};
