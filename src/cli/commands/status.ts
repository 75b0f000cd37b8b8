import type { Call, Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { json } from "../output.ts";
import { lookOf } from "../rows.ts";
import { showOperation } from "../show-operation.ts";

export const status: Command = {
  name: "status",
  takes: "[id]",
  summary: "What runs, what ended, what needs a person; with an id, its steps",
  about: "ID may be the end of an id that names only one operation.",
  options: [],
  examples: ["garza status", "garza status op_01JD8Z7Q3K5X9ABCD2", "garza status ABCD2 --json"],
  async run(call) {
    const [id] = call.args;
    return id === undefined ? showAll(call) : showOperation(call, id);
  },
};

async function showAll(call: Call): Promise<number> {
  const { flag, terminal } = call;
  const { noStats, openQueueReader } = await import("../queue-reader.ts");
  const { emptyOverview, overview, overviewDocument } = await import("../status-all.ts");
  const { neverRun, overviewText } = await import("../status-all-text.ts");
  const places = openPlaces(call);
  const queue = openQueueReader(places, terminal);
  const all = queue ? overview(queue) : emptyOverview(noStats(places, terminal));
  queue?.close();
  if (flag("json")) terminal.out.write(json(overviewDocument(all)));
  else if (!queue) terminal.out.write(`${neverRun}\n`);
  else {
    terminal.out.write(overviewText(all, lookOf(terminal)));
  }
  return 0;
}
